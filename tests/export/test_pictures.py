"""Blurred pictures in the report: only when asked for, never of what is exactly known, and truly counted."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from safelight.export.html import HtmlExporter
from safelight.export.pictures import MOST
from safelight.export.protocol import ExportOptions
from safelight.model import HashSetKind, Match, Reason

from .page import Page, written
from .parts import picture
from .sample import Sample, rich

ASKED = ExportOptions(thumbnails=True)
NEAR = Match("National list, March", HashSetKind.KNOWN_ILLEGAL, "4711", "pdq", 6, "1")
EXACT = replace(NEAR, by="md5", distance=0)
WATCH = Match("Series “Lake”", HashSetKind.WATCH, "17", "sha256", 0)


def shown(findings: Sample) -> set[str]:
    return set(re.findall(r'alt="The picture of lead (\S+),', written(findings, ASKED)))


def one(*matches: Match, code: str = "x", decided: str | None = None) -> Sample:
    """A case with one lead, whose thumbnail was kept."""
    findings = rich()
    first = findings.lead_views[0]
    lead = replace(
        first.lead, matches=matches, reasons=(Reason(code, "Because.", 0.5),), decided=decided, stack="alone"
    )
    return replace(findings, lead_views=[replace(first, lead=lead, stack_size=1)])


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        (one(NEAR, code="near-known"), True),
        (one(code="near-known"), True),
        (one(code="near-series"), True),
        (one(WATCH, code="watch"), True),
        (one(code="suspected"), True),
        (one(code="suspected", decided="unsure"), True),
        (one(EXACT, code="known-illegal"), False),
        (one(EXACT, WATCH, code="watch"), False),
        (one(NEAR, code="known-illegal"), False),
        (one(NEAR, code="near-known", decided="1"), False),
    ],
)
def test_what_must_be_looked_at_has_a_picture_and_what_is_exactly_known_never(
    findings: Sample, expected: bool
) -> None:
    assert bool(shown(findings)) is expected
    assert ("No picture: " in Page(written(findings, ASKED)).said()) is not expected


def test_every_member_of_a_stack_shows_its_own() -> None:
    found = shown(rich())
    assert "L2" in found  # the near-copy of L1, which is exactly known
    assert {"L3", "L4", "L5", "L7"} <= found
    assert not found & {"L1", "L6"}


def test_the_report_says_how_many_pictures_it_shows() -> None:
    for findings in (rich(), one(NEAR)):
        source = written(findings, ASKED)
        count = source.count("<img ")
        noun = "small picture" if count == 1 else "small pictures"
        assert f"{count} {noun}, of leads that somebody must look at" in Page(source).said()
    out = HtmlExporter().write(one(NEAR), io.BytesIO(), ASKED)
    assert out.notes[0] == "1 small blurred picture in the report."


def test_a_report_without_pictures_does_not_speak_of_blurred_ones() -> None:
    said = Page(written(one(EXACT), ASKED)).said()
    assert "no lead in it has one" in said
    assert "were blurred" not in said
    assert "were not asked for" in Page(written(rich())).said()


def test_a_lead_whose_thumbnail_was_not_kept_says_so() -> None:
    said = Page(written(replace(one(NEAR), pictures={}), ASKED)).said()
    assert "No picture: the scan kept none." in said


def test_pictures_beyond_the_limit_are_left_out_and_said() -> None:
    (view,) = one(NEAR).lead_views
    views = [
        replace(view, lead=replace(view.lead, id=f"L{n}", stack=f"s{n % 60}"), stack_size=20)
        for n in range(MOST + 5)
    ]
    source = written(replace(rich(), lead_views=views, pictures={view.lead.sha256: picture(1)}), ASKED)
    assert source.count("<img ") == MOST
    assert source.count("the report shows 1,000 at most") == 5
    assert len(source.encode()) < 20_000_000
