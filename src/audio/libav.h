/* libav's functions as a table that is filled at run time, so that the program starts without its 130 shared libraries and only
 * the confined child holds them. Types come from libav's own headers: a call through the table is checked like a direct one. */
#pragma once

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#include <stdbool.h>

#include "base/error.h"

/* X(library, function) */
#define LIBAV_FUNCTIONS(X)                                                                                                       \
    X(avutil, av_channel_layout_compare)                                                                                         \
    X(avutil, av_channel_layout_copy)                                                                                            \
    X(avutil, av_channel_layout_default)                                                                                         \
    X(avutil, av_channel_layout_uninit)                                                                                          \
    X(avutil, av_frame_alloc)                                                                                                    \
    X(avutil, av_frame_free)                                                                                                     \
    X(avutil, av_frame_unref)                                                                                                    \
    X(avutil, av_freep)                                                                                                          \
    X(avutil, av_log_set_level)                                                                                                  \
    X(avutil, av_malloc)                                                                                                         \
    X(avutil, av_max_alloc)                                                                                                      \
    X(avutil, av_rescale_q)                                                                                                      \
    X(avcodec, av_packet_alloc)                                                                                                  \
    X(avcodec, av_packet_free)                                                                                                   \
    X(avcodec, av_packet_unref)                                                                                                  \
    X(avcodec, avcodec_alloc_context3)                                                                                           \
    X(avcodec, avcodec_free_context)                                                                                             \
    X(avcodec, avcodec_get_name)                                                                                                 \
    X(avcodec, avcodec_open2)                                                                                                    \
    X(avcodec, avcodec_parameters_to_context)                                                                                    \
    X(avcodec, avcodec_receive_frame)                                                                                            \
    X(avcodec, avcodec_send_packet)                                                                                              \
    X(avformat, av_find_best_stream)                                                                                             \
    X(avformat, av_fmt_ctx_get_duration_estimation_method)                                                                       \
    X(avformat, av_probe_input_buffer2)                                                                                          \
    X(avformat, av_read_frame)                                                                                                   \
    X(avformat, avformat_alloc_context)                                                                                          \
    X(avformat, avformat_close_input)                                                                                            \
    X(avformat, avformat_find_stream_info)                                                                                       \
    X(avformat, avformat_free_context)                                                                                           \
    X(avformat, avformat_open_input)                                                                                             \
    X(avformat, avio_alloc_context)                                                                                              \
    X(avformat, avio_context_free)                                                                                               \
    X(swresample, swr_alloc_set_opts2)                                                                                           \
    X(swresample, swr_convert)                                                                                                   \
    X(swresample, swr_free)                                                                                                      \
    X(swresample, swr_get_delay)                                                                                                 \
    X(swresample, swr_init)                                                                                                      \
    X(swresample, swr_set_matrix)

typedef struct {
#define LIBAV_MEMBER(library, function) __typeof__(function) *function;
    LIBAV_FUNCTIONS(LIBAV_MEMBER)
#undef LIBAV_MEMBER
} Libav;

/* All members are set once audio_load() has returned true. */
extern Libav libav;

/* Loads the libraries of the versions that the headers are of; ERROR_CONFIG names the packages to install. Once a process. */
bool libav_load(GError **error);
