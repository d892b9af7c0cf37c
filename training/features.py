"""What the model sees of a unit of talk; src/extract/features.c does the same, to the bit. Change both or none, and train again."""
import bisect
import collections
import re
import zlib

BITS = 15
BLOCKS = ("words", "letters", "neighbours", "around", "place")
FILLERS = {b"um", b"uh", b"er", b"erm", b"hmm", b"mm", b"mhm", b"ah", b"eh", b"oh", b"uhm", b"hum", b"huh"}
WORDS_MAX, SUBSTANCE, NEIGHBOURS, AROUND, LENGTHS = 80, 3, 3, 15, 8

Talk = collections.namedtuple("Talk", "words speaker asks")


def talk(text, speaker):
    """A unit's words as the model counts them: without fillers, stutter and words broken off."""
    data = text.encode().replace(b"\xe2\x80\x99", b"'").replace(b"_", b"").rstrip(b" \t\n\v\f\r")
    words = []
    for match in re.finditer(rb"[A-Za-z0-9'\x80-\xff]+", data):
        word = match[0].strip(b"'")
        if not word or (data[match.end():match.end() + 1] == b"-" and data[match.end() + 1:match.end() + 2] in (b"", b" ")):
            continue
        word = b"0" if word[:1].isdigit() else word.lower()
        if word in FILLERS or (words and words[-1] == word):
            continue
        words.append(word)
        if len(words) == WORDS_MAX:
            break
    return Talk(words, speaker, data.endswith(b"?"))


def hashed(names):
    mask = (1 << BITS) - 1
    return list(dict.fromkeys(zlib.crc32(name) & mask for name in names))


def word_names(unit):
    padded = [b"<", *unit.words, b">"]
    names = [b"u" + word for word in unit.words]
    for i in range(1, len(padded)):
        names.append(b"b" + padded[i - 1] + b"_" + padded[i])
        if i + 1 < len(padded):
            names.append(b"t" + b"_".join(padded[i - 1:i + 2]))
    names.append(b"L%d" % min(len(unit.words) // 3, LENGTHS))
    return names + [b"Q"] if unit.asks else names


def letter_names(unit):
    text = b" ".join([b"", *unit.words, b""]) if unit.words else b" "
    return [b"c" + text[i:i + length] for length in (3, 4, 5) for i in range(len(text) - length + 1)]


def neighbour_names(unit, other, side, distance):
    prefix = side + b"%d" % min(distance, 2)
    names = []
    for i, word in enumerate(other.words):
        names.append(prefix + word)
        if distance == 1 and i > 0:
            names.append(side + b"b" + other.words[i - 1] + b"_" + word)
    return names + [side + b"s%d%d" % (distance, unit.speaker == other.speaker)]


def features(units, wanted=None):
    """Of every unit (text, speaker) of a meeting: a list of features for each block; None for those that are not among the wanted."""
    talks = [talk(text, speaker) for text, speaker in units]
    full = [i for i, unit in enumerate(talks) if len(unit.words) >= SUBSTANCE]
    around_names = [[b"w" + word for word in talks[i].words] for i in full]
    result = []
    for index, unit in enumerate(talks):
        if wanted is not None and index not in wanted:
            result.append(None)
            continue
        before = bisect.bisect_left(full, index)
        after = before + (before < len(full) and full[before] == index)
        near = []
        for k in range(1, NEIGHBOURS + 1):
            if k <= before:
                near += neighbour_names(unit, talks[full[before - k]], b"p", k)
            if after + k - 1 < len(full):
                near += neighbour_names(unit, talks[full[after + k - 1]], b"n", k)
        around = [name for names in around_names[max(0, before - AROUND):before + AROUND] for name in names]
        place = [b"P%d" % (index * 10 // len(talks))]
        if index * 20 >= len(talks) * 19:
            place.append(b"P95")
        result.append([hashed(names) for names in (word_names(unit), letter_names(unit), near, around, place)])
    return result
