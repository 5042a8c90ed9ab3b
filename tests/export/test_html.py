"""The report: one file, nothing from outside, nothing hidden, nothing shown that must not be."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from safelight.export.blur import blurred
from safelight.export.html import HtmlExporter
from safelight.export.protocol import ExportOptions, Findings
from safelight.model import SignalValue

from .page import Page, written
from .parts import NASTY, picture
from .sample import Sample, empty, evaluation, large, rich

WITH_PICTURES = ExportOptions(thumbnails=True)


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(written(rich()))


@pytest.mark.parametrize("findings", [empty(), rich(), evaluation(), large(2_000)])
def test_the_page_is_well_formed_and_ids_are_unique(findings: Findings) -> None:
    found = Page(written(findings, WITH_PICTURES))
    assert len(found.ids) == len(set(found.ids))


def test_nothing_comes_from_outside(page: Page) -> None:
    addresses = [
        str(attributes[name])
        for _, attributes in page.elements
        for name in ("src", "href", "action", "data", "poster", "srcset")
        if name in attributes
    ]
    assert addresses
    assert all(address.startswith(("#", "data:image/png;base64,")) for address in addresses)
    assert not {tag for tag, _ in page.elements} & {"link", "iframe", "object", "embed", "form", "base"}


@pytest.mark.parametrize("findings", [rich(), evaluation()])
def test_the_policy_allows_exactly_the_style_and_script_within(findings: Findings) -> None:
    source = written(findings)
    policy = next(
        str(attributes["content"])
        for tag, attributes in Page(source).elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", source, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_no_attribute_carries_style_or_script(page: Page) -> None:
    names = {name for _, attributes in page.elements for name in attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}


def test_names_are_text_and_hide_nothing(page: Page) -> None:
    said = page.said()
    assert "<script>alert(1)</script>.png" in said
    assert "photo⟨U+202E⟩gpj.exe" in said
    assert "new⟨U+000A⟩line" in said
    assert "\u202e" not in said
    assert sum(tag == "script" for tag, _ in page.elements) == 1
    assert len(NASTY) == 10


def test_every_place_of_a_lead_stands_with_its_whole_trail(page: Page) -> None:
    assert "usb › backup/b.zip › old/in.zip › a.jpg" in page.said()
    assert "laptop.E01 › partition 2 › /$OrphanFiles/a.jpg" in page.said()


def test_times_say_their_zone_and_source(page: Page) -> None:
    assert "2024-01-04 08:21:00.1234567 UTC (ntfs:$STANDARD_INFORMATION)" in page.said()
    assert "2023-07-11 17:30:00 local time, zone unknown (fat)" in page.said()


def test_the_legal_ground_is_named(page: Page) -> None:
    said = page.said()
    for part in (
        "warrant",
        "Gs 1234/26",
        "Amtsgericht Musterstadt",
        "2026-02-20 to 2026-08-20",
        "hash-match",
    ):
        assert part in said


def test_digests_versions_and_checkpoint_are_there(page: Page) -> None:
    said = page.said()
    findings = rich()
    for exhibit in findings.exhibits:
        assert exhibit.sha256 and exhibit.sha256 in said
    described: set[str] = set()
    for view in findings.leads():
        if view.lead.stack not in described:  # the first of a stack stands for it
            described.add(view.lead.stack)
            assert view.digests.md5.hex() in said
            assert view.digests.sha1.hex() in said
        assert view.lead.sha256 in said
    for model in findings.models:
        assert model.sha256 in said
    assert "unevaluated" in said
    assert "— safelight/sample Az3grlg" in said


def test_what_was_not_read_examined_or_computed_is_said(page: Page) -> None:
    said = page.said()
    assert "encrypted: a password is needed" in said
    assert "chunk 77 of 15,629 is damaged" in said
    assert "Users/anna/Mail/2019.pst" in said
    assert "not computed: model not installed" in said
    assert "The examination of this exhibit has not ended." in said


def test_scores_are_called_assessments_and_no_proof(page: Page) -> None:
    said = page.said()
    assert "A lead is a reason to look, not a finding of fact." in said
    assert "Nothing about any person was decided by this software." in said
    assert "share of the apparent-age estimate below 18: 62%" in said
    assert "probability that" not in said


def test_lists_that_disagree_are_both_shown(page: Page) -> None:
    section = page.said().split("7. Lists that disagree")[1].split("8. What could not")[0]
    assert "National list, March: known-illegal" in section
    assert "NSRL RDS v3 minimal: known-good" in section


def test_decisions_are_shown_with_what_they_correct() -> None:
    findings = rich()
    views = [
        replace(view, stack_size=1, lead=replace(view.lead, stack=view.lead.id)) for view in findings.leads()
    ]
    said = Page(written(replace(findings, lead_views=views))).said()
    assert "2, k.weber, 2026-03-02 13:00:00 UTC corrected by a later one" in said
    assert "not-pertinent, k.weber, 2026-03-02 14:00:00 UTC" in said


def test_only_an_evaluation_is_marked_as_one(page: Page) -> None:
    marked = Page(written(evaluation()))
    assert marked.said().count("EVALUATION") >= 3
    assert "EVALUATION" not in page.said()


def test_every_plot_has_a_name_and_a_description(page: Page) -> None:
    plots = [attributes for tag, attributes in page.elements if tag == "svg"]
    assert len(plots) == 4
    for plot in plots:
        assert plot["role"] == "img"
        assert all(name in page.ids for name in str(plot["aria-labelledby"]).split())


def test_headings_go_down_one_level_at_a_time(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_link_in_the_page_leads_somewhere(page: Page) -> None:
    targets = [str(attributes["href"])[1:] for tag, attributes in page.elements if tag == "a"]
    assert set(targets) <= set(page.ids)


def test_no_picture_unless_asked_for(page: Page) -> None:
    assert not [tag for tag, _ in page.elements if tag == "img"]


def test_a_picture_keeps_nothing_but_a_few_grey_values() -> None:
    small = blurred(picture(3))
    assert small is not None
    with Image.open(io.BytesIO(small)) as image:
        assert image.mode == "L"
        assert max(image.size) <= 96
        few = image.resize((16, 12), Image.Resampling.BOX)
        again = few.resize(image.size, Image.Resampling.BICUBIC)
        difference = np.asarray(image, dtype=float) - np.asarray(again, dtype=float)
    assert np.abs(difference).mean() < 4


@pytest.mark.parametrize("data", [b"", b"GIF89a", picture(1)[:300], b"\x89PNG\r\n\x1a\n" + b"\0" * 64])
def test_a_broken_thumbnail_gives_no_picture(data: bytes) -> None:
    assert blurred(data) is None


def test_what_recognises_a_face_never_gets_into_the_report() -> None:
    secret = "dGVtcGxhdGU" * 20
    face = {"box": [0.1, 0.1, 0.2, 0.2], "score": 0.9, "below_18": 0.3, "template": secret}
    findings = rich()
    views = [
        replace(
            view, signals={"faces": SignalValue("faces", "2+abc", [face]), "x": SignalValue("x", "1", face)}
        )
        for view in findings.leads()
    ]
    assert secret not in written(replace(findings, lead_views=views))


def test_a_large_case_is_capped_and_says_so() -> None:
    options = ExportOptions(full_leads=10, table_leads=50)
    out = io.BytesIO()
    report = HtmlExporter().write(large(20_000), out, options)
    found = Page(out.getvalue().decode())
    assert report.records == 200
    assert len(report.notes) == 2
    assert sum(attributes.get("class") == "lead" for _, attributes in found.elements) == 10
    assert "40 further stacks stand in the table below only" in found.said()
    assert "The 50 leads of highest priority out of 200." in found.said()


def test_a_very_large_case_stays_below_20_megabytes() -> None:
    long = "folder/" * 3_000 + "name.jpg"
    findings: Sample = large(100)
    (view,) = list(findings.leads())
    (place,) = view.places
    places = tuple(replace(place, trail=("usb", long), layers=(), path=f"usb//{long}") for _ in range(200))
    views = [
        replace(view, lead=replace(view.lead, id=f"L{n}", stack=f"s{n}"), places=places) for n in range(1_000)
    ]
    assert len(written(replace(rich(), lead_views=views)).encode()) < 20_000_000


def test_the_same_findings_give_the_same_bytes() -> None:
    assert written(rich(), WITH_PICTURES) == written(rich(), WITH_PICTURES)
