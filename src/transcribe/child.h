/* The media child's side of speech recognition, and the messages between it and its parent (media.c). All bodies but CHILD_READ
 * and CHILD_DATA are JSON objects. The parent trusts none of what comes from the child. */
#pragma once

#include "model/transcript.h"

typedef enum {
    /* parent to child */
    CHILD_OPTIONS = 1, /* first: ChildOptions as JSON, see child_options_to_json() */
    CHILD_DATA,        /* the bytes that CHILD_READ asked for, all of them */
    /* child to parent */
    CHILD_READ,     /* a ChildRead; the child waits for CHILD_DATA before it says anything else */
    CHILD_INFO,     /* {"duration_ms": N}: as the container says, -1 where it does not */
    CHILD_PROGRESS, /* {"done_ms": N} */
    CHILD_SEGMENT,  /* a transcript.json of one segment, with its speaker where one is known; in order of time for each speaker */
    CHILD_WAVEFORM, /* waveform.json */
    CHILD_DONE,     /* {"language": "en", "duration_ms": N, "covered_ms": N, "damaged_packets": N}; the last message */
    CHILD_FAILED,   /* {"code": an error code's name, "message": a sentence}; the last message */
} ChildMessageType;

typedef struct {
    guint64 offset;
    guint32 size; /* at most CHILD_READ_BLOCK_BYTES, and within the recording */
    guint32 reserved;
} ChildRead;

typedef struct {
    const char *model_path, *vad_path; /* "": nothing is recognised, for its length and waveform alone the recording is decoded */
    const char *language, *vocabulary; /* may be NULL */
    const char *filename;
    gint64 size; /* of the recording */
    gint64 memory_bytes_max;
    int threads;
    const char *channels; /* HANSARD_CHANNELS; NULL: auto */
} ChildOptions;

json_t *child_options_to_json(const ChildOptions *options);
/* The strings are borrowed from `json`. */
ChildOptions child_options_from_json(const json_t *json);

/* Adds a copy of the segment, said by the speaker of this name (NULL: unknown); false at SEGMENTS_MAX. One without words is nothing to
 * add. */
bool child_segment_copy(Transcript *transcript, const Segment *segment, const char *speaker);

/* The role of the hidden command `media-child`: loads libav and the models, confines itself, then decodes and recognises the
 * recording that it reads over the channel (descriptor 3). Returns the exit status. */
int transcribe_child_main(void);
