"""Cut the free texts of a report into sentences, in any script, with caps that hold for hostile texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

MAX_CHARACTERS = 120_000
"""Of one report. Of longer texts the beginning and the end are read (five parts to one), and the reading says so."""
MAX_SENTENCES = 400
"""Distinct sentences of one report."""
MAX_SENTENCE = 420
"""Characters of one sentence: the encoder averages, and what counts is lost in a longer one."""
MIN_LETTERS = 4
SHORT = 18
"""A sentence with fewer letters is read with the one before it: alone ("It goes on.") it says too little."""

_SPACE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\ud800-\udfff\x00-\x08]+")
_NOISE = re.compile(
    r"(?:https?|hxxps?|ftp)://\S{1,2000}|\b[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}|[A-Za-z0-9/+=_-]{40,}"
)
_LINES = re.compile(r"[\r\n\u2028\u2029\x0b\x0c]+")
_ENDS = re.compile(r"[.!?…]+[\"'»”’)\]]*(?=\s|$)|[。！？؟।॥۔]+[\"'」』”’）)]*|\s[•·▪■]\s|\s[-–—]{2,}\s")
_PAUSES = re.compile(r"[;；؛:：]\s?|[,，、،]\s?|\s[-–—]\s")
_LETTER = re.compile(r"[^\W\d_]")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LAST_WORD = re.compile(r"(\w{1,8})$")
_ABBREVIATED = """
mr mrs ms dr prof st no nr vs etc approx ca bzw z b u a d h zzgl inkl geb str tel art abs bijv m mevr dhr
o n sr sra dª ud uds aprox núm pág av dott sig ecc ul tj np ok tzn św r godz т е д п г гг ул др см тел
стр обл р и им вул тис vb örn sn cad sok bay e i g
"""
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())


def sentences(texts: Sequence[str]) -> tuple[list[str], bool]:
    """The distinct sentences of a report's texts in their order, and whether something was left out by a cap."""
    found: dict[str, None] = {}
    room, cut = _room(texts)
    for text in texts:
        if len(text) > room:
            tail = room // 6
            text = f"{text[: room - tail]}\n{text[len(text) - tail :]}"
        for sentence in _cut(text):
            found.setdefault(sentence)
            if len(found) > 4 * MAX_SENTENCES:
                break
    whole = list(found)
    if len(whole) > MAX_SENTENCES:
        cut = True
        tail = MAX_SENTENCES // 6
        whole = whole[: MAX_SENTENCES - tail] + whole[-tail:]
    return whole, cut


def _room(texts: Sequence[str]) -> tuple[int, bool]:
    """Characters that each text may have, so that a long one does not push out the others; and whether any has more."""
    left = MAX_CHARACTERS
    lengths = sorted(map(len, texts))
    for number, length in enumerate(lengths):
        share = left // (len(lengths) - number)
        if length > share:
            return share, True
        left -= length
    return MAX_CHARACTERS, False


def letters(text: str) -> int:
    """How many letters there are, of any script."""
    return len(_LETTER.findall(text))


def _cut(text: str) -> Iterator[str]:
    for line in _LINES.split(text):
        before = ""
        for piece in _ended(_SPACE.sub(" ", _NOISE.sub(" ", line)).strip()):
            count = letters(piece)
            wide = _wide(piece)
            if before and count < (SHORT // 3 if wide else SHORT):
                before = f"{before} {piece}" if len(before) + len(piece) < MAX_SENTENCE else before
                continue
            if before:
                yield before
            before = piece if count >= MIN_LETTERS or wide else ""
        if before:
            yield before


def _ended(line: str) -> Iterator[str]:
    """Pieces of a line that end like sentences, long ones cut at pauses."""
    begin = 0
    for end in _ENDS.finditer(line):
        if end[0][0] == "." and not _ends_here(line, begin, end):
            continue
        yield from _short(line[begin : end.end()].strip(" •·▪■"))
        begin = end.end()
    yield from _short(line[begin:].strip(" •·▪■"))


def _ends_here(line: str, begin: int, end: re.Match[str]) -> bool:
    """A full stop after an abbreviation, an ordinal or an initial ends nothing."""
    word = _LAST_WORD.search(line, max(begin, end.start() - 9), end.start())
    if word is None or len(end[0]) > 1:
        return True
    following = line[end.end() : end.end() + 2].strip()[:1]
    known = word[1].casefold()
    if known in _ABBREVIATIONS or known.isdigit():
        return bool(following) and following.isupper() and len(known) > 2
    return not (len(known) <= 2 and following.islower())


def _short(sentence: str) -> Iterator[str]:
    """The sentence, or parts of a long one that end at pauses, else at a space, else anywhere."""
    while len(sentence) > MAX_SENTENCE:
        pauses = [one.end() for one in _PAUSES.finditer(sentence, MAX_SENTENCE // 3, MAX_SENTENCE)]
        at = pauses[-1] if pauses else sentence.rfind(" ", MAX_SENTENCE // 3, MAX_SENTENCE)
        at = at if at > 0 else MAX_SENTENCE
        yield sentence[:at].strip()
        sentence = sentence[at:].strip()
    if sentence:
        yield sentence


def _wide(text: str) -> bool:
    """Is it mostly in a script of syllables or words (Chinese, Japanese, Korean), of which a few say a sentence?"""
    return len(_WIDE.findall(text)) * 3 > len(text)
