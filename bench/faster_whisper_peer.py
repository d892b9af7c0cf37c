"""faster_whisper_peer.py WEIGHTS THREADS WAV OUT: what faster-whisper hears, int8, greedy, voice activity first, as [[start_s, end_s, text], …] in OUT.
bench/speech.py runs it with the Python of setup/faster-whisper.sh."""
import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
from faster_whisper import WhisperModel  # noqa: E402
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers  # noqa: E402


def make_tokenizer(folder):
    """faster-whisper takes words from tokenizer.json, and the weights bring a plain vocabulary: the same tokens, in their order."""
    with open(os.path.join(folder, "vocabulary.txt"), encoding="utf-8") as file:
        tokens = file.read().split("\n")
    tokens = tokens[:-1] if tokens[-1] == "" else tokens
    tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in tokens if token.startswith("<|") and token.endswith("|>")])
    tokenizer.save(os.path.join(folder, "tokenizer.json"))


def main():
    folder, threads, wav, out = sys.argv[1:]
    if not os.path.exists(os.path.join(folder, "tokenizer.json")):
        make_tokenizer(folder)
    model = WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=int(threads))
    segments, _ = model.transcribe(wav, language="en", beam_size=1, vad_filter=True, condition_on_previous_text=False)
    said = [[segment.start, segment.end, segment.text] for segment in segments]
    with open(out, "w", encoding="utf-8") as file:
        json.dump(said, file)


main()
