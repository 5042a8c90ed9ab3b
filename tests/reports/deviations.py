"""What a reader must bear whatever its format is: tests that every reader's file takes over."""

from __future__ import annotations

import resource
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safelight.reports.dates import iso
from safelight.reports.protocol import ReportReader
from safelight.reports.report import Report
from tests.reports.tips import read, truncations

MOST_GROWTH = 220 << 10
"""KiB by which memory may grow while a gigabyte is read: buffers and one record, never the document."""


def peak() -> int:
    """The largest resident size of this process up to now, KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


iso("1 May 2026")  # loads the names of months, which takes a while once
_EACH = settings(max_examples=80, deadline=2000, suppress_health_check=[HealthCheck.differing_executors])
"""Each class that takes these tests over runs them with its own reader."""


class Bears:
    """A reader's tests derive from it and say which reader, and what a good document is."""

    reader: ReportReader
    document: bytes
    where: bytes
    """A text of the document, to put things in its place."""
    marked: bytes = b"one <b>two</b><br/>three &amp; four"
    """A text with markup as the format carries it."""

    def parts(self, document: bytes) -> list[Any]:
        """What the reader makes of it."""
        return read(self.reader, document)

    def test_it_knows_its_own(self) -> None:
        assert self.reader.detects(self.document[: 64 << 10], "any")

    def test_it_reads_what_is_good(self) -> None:
        parts = self.parts(self.document)
        assert any(isinstance(part, Report) for part in parts)

    def test_nothing_escapes_when_it_is_cut_off_anywhere(self) -> None:
        for piece in truncations(self.document):
            self.reader.detects(piece, "any")
            self.parts(piece)

    @given(st.binary(max_size=200))
    @_EACH
    def test_nothing_escapes_whatever_bytes_it_is_given(self, data: bytes) -> None:
        self.reader.detects(data, "any")
        self.parts(data)

    @given(data=st.data())
    @_EACH
    def test_nothing_escapes_whatever_is_changed_in_it(self, data: st.DataObject) -> None:
        document = bytearray(self.document)
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(document) - 1))
            document[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))
        self.parts(bytes(document))

    def test_text_of_any_script_is_kept(self) -> None:
        for words in ("Überfall naïve", "Ребёнок", "الطفل", "孩子", "बच्चा", "👧🏽"):
            assert words in repr(self.parts(self.document.replace(self.where, words.encode())))

    def test_markup_in_a_text_is_taken_away(self) -> None:
        said = repr(self.parts(self.document.replace(self.where, self.marked)))
        assert "two" in said
        assert "<b>" not in said
        assert "three & four" in said
