#!/usr/bin/env python3
"""lean.py SOURCE FOLDER FILE…: copies the page's files to FOLDER without what is only for those who work on them: comments, indentation and the
spaces that no browser needs. Names stay, so that what a browser reports can be read. Files that are no text of the page
are copied as they are."""
import pathlib
import re
import sys

WORD = re.compile(r"[\w$#\\]")
BEFORE_REGEX = re.compile(r"(^|[(,=:\[!&|?{};\n>+*%~^-]|\b(return|typeof|case|in|of|await))\s*$")
STRING = {"'": re.compile(r"'(?:[^'\\\n]|\\.)*'"), '"': re.compile(r'"(?:[^"\\\n]|\\.)*"')}
REGEX = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")


def template_end(text, at):
    """Where the template literal that begins at `at` ends; what stands in its ${} may hold others."""
    at += 1
    while text[at] != "`":
        if text[at] == "\\":
            at += 1
        elif text.startswith("${", at):
            depth, at = 1, at + 2
            while depth:
                if text[at] == "`":
                    at = template_end(text, at) - 1
                depth += {"{": 1, "}": -1}.get(text[at], 0)
                at += 1
            continue
        at += 1
    return at + 1


def script_tokens(text):
    """Pieces of a script: literals whole, runs of space and comments as " " or a newline, all else by the character."""
    at, done = 0, ""
    while at < len(text):
        char, end = text[at], at + 1
        if char.isspace() or text.startswith(("//", "/*"), at):
            end = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)+", re.S).match(text, at).end()
            token = "\n" if "\n" in text[at:end] else " "
        elif char == "`":
            token = text[at:(end := template_end(text, at))]
        else:
            pattern = STRING.get(char) or (REGEX if char == "/" and BEFORE_REGEX.search(done[-40:]) else None)
            match = pattern.match(text, at) if pattern else None
            end = match.end() if match else end
            token = text[at:end]
        done += token
        yield token
        at = end


def lean_script(text):
    out = []
    tokens = [*script_tokens(text), "\n"]
    for token, after in zip(tokens, tokens[1:]):
        if token == " ":
            before, after = (out[-1][-1] if out else "\n"), after[0]
            if not (WORD.match(before) and WORD.match(after)) and not (before in "+-/" and after in "+-/"):
                continue
        # A line ends where a block does, so that lines stay short; every statement of the page ends in a semicolon or a brace.
        if token == "\n" and (not out or out[-1][-1] in "\n,;([{=?:&|" or after[0] in ")]}.?:&|"):
            continue
        out.append(token)
    return "".join(out).strip() + "\n"


def lean_style(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    pieces = re.split(r'("[^"\n]*")', text)  # strings stay as they are
    for i in range(0, len(pieces), 2):
        piece = re.sub(r"\s+", " ", pieces[i])
        piece = re.sub(r" ?([{};,]) ?", r"\1", piece)
        pieces[i] = re.sub(r"([\w)-]): ", r"\1:", piece).replace(";}", "}").replace("}}", "}}\n")
    return "".join(pieces).strip() + "\n"


LEAN = {".js": lean_script, ".css": lean_style, ".html": lambda text: re.sub(r"\n\s+", "\n", text), ".svg": lambda text: re.sub(r"\n\s+", "\n", text)}

if __name__ == "__main__":
    source, folder = map(pathlib.Path, sys.argv[1:3])
    for name in sys.argv[3:]:
        data = (source / name).read_bytes()
        lean = LEAN.get(pathlib.Path(name).suffix)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(lean(data.decode()).encode() if lean else data)
