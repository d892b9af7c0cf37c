#!/usr/bin/env python3
"""Speech to text against whisper-cli and faster-whisper in one run: same recording, weights, threads, greedy decoding.

    bench/speech.py --faster-whisper "$(setup/faster-whisper.sh)" --audio ../shared/data/audio/ami --model ~/.cache/hansard/models/ggml-tiny.en-q8_0.bin build/release/hansard

The folder holds 16 kHz mono WAV files and beside each its words (.txt). They are joined with silence between; each
program hears the whole; its words are given back to their files by time. Printed: wall and CPU seconds, peak memory,
and the word error rate of each file and of all. Exit status 1 where Hansard is slower than whisper-cli or more than half a point worse."""
import argparse, glob, json, os, re, subprocess, sys, tempfile, time, wave

RATE = 16000


def words_of(text):
    text = re.sub(r"\[[^\]]*\]|\([^)]*\)", " ", text.lower()).replace("’", "'")
    text = re.sub(r"mm-hmm", "mmhmm", re.sub(r"uh-huh", "uhhuh", text))
    return [word for word in (part.strip("'") for part in re.sub(r"[^a-z0-9' ]", " ", text).split()) if word]


def edits(reference, heard):
    """Levenshtein distance in words."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(reference, 1):
        above, row = row, [i]
        for j, other in enumerate(heard, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (word != other)))
    return row[-1]


def join(folder, path, gap_s):
    """Writes the joined recording; returns [(start_s, end_s, name, words)] and its length in seconds."""
    pieces, at = [], 0
    with wave.open(path, "wb") as out:
        out.setnchannels(1), out.setsampwidth(2), out.setframerate(RATE)
        for name in sorted(glob.glob(os.path.join(folder, "*.wav"))):
            with wave.open(name) as piece:
                assert (piece.getframerate(), piece.getnchannels(), piece.getsampwidth()) == (RATE, 1, 2), name
                count = piece.getnframes()
                out.writeframes(piece.readframes(count) + bytes(2 * int(gap_s * RATE)))
            with open(name[:-4] + ".txt", encoding="utf-8") as text:
                words = words_of(text.read())
            start, at = at, at + count + int(gap_s * RATE)
            pieces.append((start / RATE, at / RATE, os.path.basename(name)[:-4], words))
    return pieces, at / RATE


def run(command, environment=None):
    """Wall and CPU seconds and peak kilobytes of a command and its children."""
    script = "import os, resource, subprocess, sys\n" \
             "status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=sys.stderr)\n" \
             "use = resource.getrusage(resource.RUSAGE_CHILDREN)\n" \
             "print(use.ru_utime + use.ru_stime, use.ru_maxrss)\n" \
             "sys.exit(status)"
    begin = time.monotonic()
    done = subprocess.run([sys.executable, "-c", script, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={**os.environ, **(environment or {})}, text=True)
    wall = time.monotonic() - begin
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{done.stderr[-2000:]}")
    cpu, peak = done.stdout.split()
    return wall, float(cpu), int(peak)


def spread(segments):
    """Words of segments (start_s, end_s, text), each with its time as if they were spoken evenly."""
    said = []
    for start, end, text in segments:
        words = words_of(text)
        said += [(start + (end - start) * (i + 0.5) / len(words), word) for i, word in enumerate(words)]
    return said


def hear_whisper(cli, options, path, folder):
    out = os.path.join(folder, "whisper")
    figures = run([cli, "-m", options.model, "-t", str(options.threads), "-bs", "1", "-bo", "1", "-f", path, "-ojf", "-of", out])
    with open(out + ".json", encoding="utf-8", errors="replace") as file:
        segments = json.load(file)["transcription"]
    return figures, spread([(segment["offsets"]["from"] / 1000, segment["offsets"]["to"] / 1000, segment["text"]) for segment in segments])


def hear_faster_whisper(options, path, folder):
    out = os.path.join(folder, "faster.json")
    peer = os.path.join(os.path.dirname(os.path.abspath(__file__)), "faster_whisper_peer.py")
    figures = run([os.path.join(options.faster_whisper, "venv/bin/python"), "-B", peer, os.path.join(options.faster_whisper, "tiny.en"),
                   str(options.threads), path, out])
    with open(out, encoding="utf-8") as file:
        return figures, spread(json.load(file))


def hear_hansard(hansard, options, path, folder):
    data = os.path.join(folder, "data")
    figures = run([hansard, "add", path],
                  {"HANSARD_DATA": data, "HANSARD_MODEL": options.model, "HANSARD_THREADS": str(options.threads)})
    (transcript,) = glob.glob(os.path.join(data, "transcriptions", "*", "transcript.json"))
    with open(transcript, encoding="utf-8") as file:
        segments = json.load(file)["segments"]
    return figures, [((start + end) / 2000, part) for segment in segments for start, end, word, *_ in segment["words"]
                     for part in words_of(word)]


def score(pieces, said):
    """Errors of each file: its words are those whose middle lies in it."""
    return [edits(words, [word for at, word in said if start <= at < end]) for start, end, _, words in pieces]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hansard")
    parser.add_argument("--audio", default="../shared/data/audio/ami")
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--gap", type=float, default=2.0, help="seconds of silence between files")
    prefix = os.environ.get("HANSARD_PREFIX", os.path.expanduser("~/.cache/hansard"))
    parser.add_argument("--whisper-cli", default=os.path.join(prefix, "whisper-1.8.5-openmp-mapped", "bin", "whisper-cli"))
    parser.add_argument("--faster-whisper", help="the folder that setup/faster-whisper.sh prints; without it this peer is left out")
    options = parser.parse_args()
    options.model = os.path.abspath(options.model)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "joined.wav")
        pieces, length_s = join(options.audio, path, options.gap)
        results = {"whisper-cli": hear_whisper(options.whisper_cli, options, path, folder),
                   "hansard": hear_hansard(os.path.abspath(options.hansard), options, path, folder)}
        if options.faster_whisper:
            results["faster-whisper"] = hear_faster_whisper(options, path, folder)
    reference = sum(len(words) for *_, words in pieces)
    print(f"{length_s:.0f} s of sound, {reference} words, {os.path.basename(options.model)}, {options.threads} threads\n")
    print(f"{'':<22}" + "".join(f"{name:>16}" for name in results))
    for row, unit in enumerate(("wall s", "CPU s", "peak MiB")):
        print(f"{unit:<22}" + "".join(f"{figures[row] / (1024 if row == 2 else 1):>16.1f}" for figures, _ in results.values()))
    errors = {name: score(pieces, said) for name, (_, said) in results.items()}
    for i, (_, _, name, words) in enumerate(pieces):
        print(f"{name + f' ({len(words)})':<22}" + "".join(f"{errors[peer][i]:>16}" for peer in results))
    rates = {name: 100 * sum(count) / reference for name, count in errors.items()}
    print(f"{'word error rate, %':<22}" + "".join(f"{rate:>16.1f}" for rate in rates.values()))
    slower = results["hansard"][0][0] > results["whisper-cli"][0][0]
    sys.exit(1 if slower or rates["hansard"] > rates["whisper-cli"] + 0.5 else 0)


if __name__ == "__main__":
    main()
