"""Compile the hot loops at set-up (`make setup`, `scripts/offline.sh`), so that no scan and no query waits for it."""

from __future__ import annotations


def prepare() -> list[str]:
    """Compile and keep everything that is compiled, harmless again; returns what cannot be, as sentences."""
    from safelight.evidence.carving.prepare import prepare as carving
    from safelight.evidence.encrypted.zipcrypto import prepare as zipcrypto
    from safelight.matching.pdqindex.compiled import prepare as pdqindex
    from safelight.media.png import prepare as png

    problems = [why] if (why := pdqindex()) is not None else []
    if not carving():
        problems.append(
            "the loops of carving cannot be compiled here; pictures in two pieces are not put together"
        )
    zipcrypto()
    png()
    return problems


if __name__ == "__main__":
    print("".join(f"{problem}\n" for problem in prepare()), end="")
