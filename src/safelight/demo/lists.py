"""The lists of the demonstration: a VICS 2.0 set, a plain list of known-good digests, a PDQ list.

The VICS and PDQ entries stand in for known illegal material. What they describe are the drawn landscapes,
towns and still lives of this package; there is no other material behind them. The rest of each list are
digests of nothing.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pdqhash
from PIL import Image

from safelight.demo import library
from safelight.demo.truth import Piece

_CONTEXT = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media"
_FIRST_ID = 7_100_001
_NOTE = "demonstration entry: a drawn, benign picture stands in for known material"


def write_vics(path: Path, filler: int) -> None:
    """Write the known-illegal set: the stand-ins, the disputed picture, and `filler` digests of nothing.

    Which digests an entry gives differs, as in real sets: MD5 alone, MD5 and SHA-1, or SHA-256 too.
    """
    stand_ins = [library.known(number) for number in range(1, len(library.KNOWN_SCENES) + 1)]
    records = []
    for number, piece in enumerate([*stand_ins, library.disputed()]):
        record: dict[str, object] = {
            "MediaID": _FIRST_ID + number,
            "Category": 1 if number % 3 else 2,
            "MD5": hashlib.md5(piece.data, usedforsecurity=False).hexdigest().upper(),
            "MediaSize": len(piece.data),
            "Series": "Lanterns" if number < 4 else None,
            "VictimIdentified": False,
            "IsDistributed": number % 2 == 0,
            "MimeType": "image/jpeg",
            "Comments": _NOTE,
        }
        if number % 3 != 0:
            record["SHA1"] = hashlib.sha1(piece.data, usedforsecurity=False).hexdigest().upper()
        if number % 3 == 2:
            record["AlternativeHashes"] = [{"HashName": "SHA256", "HashValue": piece.sha256.upper()}]
        records.append(record)
    for number in range(filler):
        name = f"safelight demo filler {number}".encode()
        records.append(
            {
                "MediaID": _FIRST_ID + 1000 + number,
                "Category": 1 + number % 3,
                "MD5": hashlib.md5(name, usedforsecurity=False).hexdigest().upper(),
                "SHA1": hashlib.sha1(name, usedforsecurity=False).hexdigest().upper(),
            }
        )
    path.write_text(json.dumps({"@odata.context": _CONTEXT, "value": records}, indent=1), "utf-8")


def write_known_good(path: Path, pieces: Sequence[Piece], filler: int) -> None:
    """Write a plain list of SHA-1 digests: these pieces, the disputed picture, and `filler` of nothing."""
    found = library.digests([*pieces, library.disputed()], "sha1")
    names = (f"safelight demo system file {number}".encode() for number in range(filler))
    found += [hashlib.sha1(name, usedforsecurity=False).hexdigest() for name in names]
    path.write_text("".join(digest + "\n" for digest in sorted(found)), "ascii")


def write_pdq(path: Path) -> None:
    """Write the PDQ hash, its quality and the VICS MediaID of each stand-in."""
    lines = []
    for number in range(1, len(library.KNOWN_SCENES) + 1):
        bits, quality = pdq(library.known(number).data)
        lines.append(f"{np.packbits(bits).tobytes().hex()},{quality},{_FIRST_ID + number - 1}\n")
    path.write_text("".join(lines), "ascii")


def pdq(picture: bytes) -> tuple[np.ndarray[tuple[int], np.dtype[np.uint8]], int]:
    """PDQ of an encoded picture by the reference implementation: 256 bits and the quality, 0..100."""
    with Image.open(io.BytesIO(picture)) as image:
        bits, quality = pdqhash.compute(np.asarray(image.convert("RGB")))
    return bits, int(quality)
