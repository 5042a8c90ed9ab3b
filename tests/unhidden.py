"""Beside whatever the tests show to the walk: a reader that would know it is never left out for want of its marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from safelight.errors import EvidenceError
from safelight.evidence.marks import Asked, Index
from safelight.evidence.protocol import Source


def knows(asked: Asked, head: bytes, source: Source) -> bool:
    """Would this reader open it, or say that it cannot be read?"""
    try:
        return asked[1](head, source)
    except EvidenceError:
        return True


@pytest.fixture(autouse=True)
def nothing_is_hidden(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each time readers are chosen, those that were left out are asked as well: none may know the file."""
    hidden: list[str] = []
    choose = Index.asked

    def chosen(self: Index, head: bytes, source: Source) -> Sequence[Asked]:
        given = choose(self, head, source)
        hidden.extend(
            f"{asked[0].name} knows {source.name!r}, which begins with {head[:16]!r}"
            for asked in self.readers
            if asked not in given and knows(asked, head, source)
        )
        return given

    monkeypatch.setattr(Index, "asked", chosen)
    yield
    assert hidden == []
