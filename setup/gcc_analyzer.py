"""gcc -fanalyzer over the files of src/, by the commands that built them: gcc_analyzer.py BUILD JOBS. Any warning fails."""
import concurrent.futures
import json
import pathlib
import shlex
import subprocess
import sys

OFF = ["analyzer-malloc-leak", "analyzer-possible-null-dereference", "analyzer-possible-null-argument", "analyzer-null-dereference",
       "analyzer-null-argument", "analyzer-use-of-uninitialized-value", "analyzer-fd-leak", "analyzer-file-leak"]


def analyze(entry: dict) -> str:
    words = [word for word in shlex.split(entry["command"]) if word not in ("-Werror", "-c") and not word.endswith("ccache")]
    at = words.index("-o")
    command = words[:at] + words[at + 2:] + ["-fanalyzer", "-S", "-o", "/dev/null"] + [f"-Wno-{name}" for name in OFF]
    run = subprocess.run(command, cwd=entry["directory"], capture_output=True, text=True, check=False)
    return run.stderr if run.returncode or "warning:" in run.stderr else ""


source = pathlib.Path(__file__).resolve().parent.parent / "src"
entries = [entry for entry in json.loads(pathlib.Path(sys.argv[1], "compile_commands.json").read_text())
           if pathlib.Path(entry["file"]).is_relative_to(source) and entry["file"].endswith(".c")]
with concurrent.futures.ThreadPoolExecutor(int(sys.argv[2])) as pool:
    said = [text for text in pool.map(analyze, entries) if text]
print("".join(said), end="")
print(f"{len(entries)} files, {len(said)} with warnings")
sys.exit(1 if said or not entries else 0)
