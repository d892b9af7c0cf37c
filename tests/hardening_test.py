"""What stands in the release program's ELF to make an exploit harder: each is told, and a missing one fails. hardening_test.py PROGRAM"""
import re
import subprocess
import sys

ENDBR64 = b"\xf3\x0f\x1e\xfa"            # where an indirect branch may land
PROBE = b"\x48\x83\x0c\x24\x00"          # orq $0,(%rsp): a page of stack is touched before the next


def readelf(*options: str) -> str:
    return subprocess.run(["readelf", "-W", *options, program], capture_output=True, text=True, check=True).stdout


def text_bytes() -> bytes:
    """The bytes of .text."""
    line = next(line for line in readelf("-S").splitlines() if " .text " in line)
    offset, size = re.search(r"PROGBITS\s+[0-9a-f]+\s+([0-9a-f]+)\s+([0-9a-f]+)", line).groups()
    with open(program, "rb") as file:
        file.seek(int(offset, 16))
        return file.read(int(size, 16))


program = sys.argv[1]
header, segments, dynamic, symbols = readelf("-h"), readelf("-l"), readelf("-d"), readelf("--dyn-syms")
machine = re.search(r"Machine:\s+(.*)", header).group(1)
x86 = "X86-64" in machine
code = text_bytes()
checked = sorted(set(re.findall(r"__(\w+)_chk@", symbols)))
loads = re.findall(r"^\s+LOAD\s.*?0x[0-9a-f]+\s+([RWE ]{3})\s+0x", segments, re.M)
stack = re.search(r"GNU_STACK\s.*?\s([RWE ]{3})\s+0x", segments)

checks = [
    ("position independent (PIE)", "DYN" in re.search(r"Type:\s+(.*)", header).group(1) and re.search(r"FLAGS_1.*PIE", dynamic)),
    ("RELRO", "GNU_RELRO" in segments),
    ("all symbols bound at the start (BIND_NOW)", re.search(r"BIND_NOW|FLAGS_1.*NOW", dynamic)),
    ("no executable stack", stack and "E" not in stack.group(1)),
    ("no segment both writable and executable", loads and not any("W" in flags and "E" in flags for flags in loads)),
    ("no relocations in code", "TEXTREL" not in dynamic),
    ("no RPATH or RUNPATH", not re.search(r"\(R(UN)?PATH\)", dynamic)),
    ("stack protector", "__stack_chk_fail" in symbols),
    (f"checked calls of libc (_FORTIFY_SOURCE): {', '.join(checked)}", len(checked) >= 3),
    ("stripped", " .symtab " not in readelf("-S")),
]
if x86:
    checks += [
        (f"stack clash protection: {code.count(PROBE)} probes", code.count(PROBE) > 0),
        (f"branch protection: {code.count(ENDBR64)} landing places", code.count(ENDBR64) > 1000),
    ]

missing = 0
for what, there in checks:
    print(f"{'yes' if there else 'NO '}  {what}")
    missing += not there
if x86 and "IBT" not in readelf("-n"):
    print("      (not marked for IBT and shadow stack: libraries that are linked in were built without)")
sys.exit(1 if missing else 0)
