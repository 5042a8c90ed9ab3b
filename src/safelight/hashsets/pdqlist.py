"""PDQ lists: one 64-digit hash a line, alone, with an id, or with its quality and an id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from safelight.hashsets.digests import algorithm_named, meaning_of_64_digits
from safelight.hashsets.protocol import Block, ReadOptions, Record, Rejected
from safelight.hashsets.source import open_source, readable_head, text_lines

_BATCH: Final = 5000
_ROW: Final = re.compile(r"""["']?([0-9A-Fa-f]{64})["']?\s*(?:,(.*))?""")
_HEADER: Final = re.compile(r"[\"']?\s*(?:pdq|hash|digest)", re.IGNORECASE)


class PdqList:
    """`hex`, `hex,id` or `hex,quality,id`; `#` begins a comment, a header line is passed over."""

    name = "pdq"
    order = 60

    def detect(self, head: bytes, path: Path) -> bool:
        """64 hex digits first, and a sign that they are PDQ: a quality, the file's name, or half the bits set."""
        text = readable_head(head).decode("utf-8", "replace")
        lines = [line.strip() for line in text.splitlines()[:1000] if line.strip() and line.strip()[0] != "#"]
        if lines and algorithm_named(lines[0].split(",")[0]) == "pdq" and len(lines) > 1:
            return ";" not in lines[0] and _ROW.fullmatch(lines[1]) is not None
        rows = [match for line in lines if (match := _ROW.fullmatch(line))]
        if not rows or not _ROW.fullmatch(lines[0]):
            return False
        if "pdq" in path.name.lower() or all(_quality_and_id(row[2] or "")[0] is not None for row in rows):
            return True
        return meaning_of_64_digits([bytes.fromhex(row[1]) for row in rows]) == ("pdq",)

    def read(self, path: Path, options: ReadOptions) -> Iterator[Block]:
        """Yield one record a line."""
        with open_source(path, options) as stream:
            block: list[Record | Rejected] = []
            first = True
            for number, line in enumerate(text_lines(stream), 1):
                text = line.strip()
                if not text or text.startswith("#"):
                    continue
                if match := _ROW.fullmatch(text):
                    quality, entry = _quality_and_id(match[2] or "")
                    block.append(Record(entry, {"pdq": bytes.fromhex(match[1])}, quality=quality))
                elif not (first and _HEADER.match(text)):
                    block.append(
                        Rejected(number, f"{len(text)} characters, but no PDQ hash of 64 hex digits")
                    )
                first = False
                if len(block) >= _BATCH:
                    yield block
                    block = []
            if block:
                yield block


def _quality_and_id(rest: str) -> tuple[int | None, str | None]:
    """What follows the hash: `id`, or `quality,id` where the first is a whole number from 0 to 100."""
    first, comma, second = (part.strip() for part in rest.partition(","))
    if comma and first.isascii() and first.isdigit() and int(first) <= 100:
        return int(first), second.strip("\"'") or None
    return None, rest.strip().strip("\"'") or None
