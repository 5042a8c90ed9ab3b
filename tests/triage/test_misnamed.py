"""Which names hide the type of a picture or film: not those that such files have everywhere."""

from __future__ import annotations

import pytest

from safelight.model import Place, State
from safelight.store.inventory import Entry
from safelight.triage.facts import Located, misnamed


def located(*names: bytes) -> Located:
    entries = [("E-1", Entry(Place((name,), ("file",), State.ALLOCATED, 1), "file")) for name in names]
    return Located(entries=entries)


@pytest.mark.parametrize(
    "name", [b"a.psd", b"a.jxl", b"a.icns", b"a.heics", b"a.cr3", b"a.jb2", b"a.j2k", b"a.mts"]
)
def test_a_name_that_such_files_have_hides_nothing(name: bytes) -> None:
    assert not misnamed(located(name))


def test_a_name_of_something_else_hides_it_unless_another_place_says_what_it_is() -> None:
    assert misnamed(located(b"a.dll"))
    assert not misnamed(located(b"a.dll", b"a.jpg"))
    assert not misnamed(located(b"without-extension"))
