"""What was not computed: counted over all media of the case, and said where nothing could be suspected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from safelight.export.deliver import CaseFindings
from safelight.export.protocol import MODEL_MISSING, Coverage
from safelight.model import Capability
from safelight.store.tables import item, signal
from safelight.workspace import Workspace
from tests.conftest import authority

from .page import Page, section, written
from .parts import picture
from .sample import Sample, empty, rich

CASE = "sample"


@pytest.fixture
def scanned(open_again: Callable[..., Workspace], tmp_path: Path) -> Workspace:
    """Three pictures, one of them broken, and a text, examined under an order that allows only hash-match."""
    folder = tmp_path / "exhibit"
    folder.mkdir()
    for number in (1, 2):
        (folder / f"{number}.png").write_bytes(picture(number))
    (folder / "broken.png").write_bytes(picture(3)[:16] + b"\xff" * 64)
    (folder / "notes.txt").write_text("nothing\n")
    opened = open_again()
    opened.open_case(CASE, authority(Capability.HASH_MATCH, Capability.EXPORT))
    opened.scan([folder])
    return opened


def coverage(workspace: Workspace) -> dict[str, Coverage]:
    (case,) = workspace.list_cases()
    with workspace.database.snapshot() as connection:
        found = CaseFindings(workspace, connection, case).coverage
    return {one.signal: one for one in found}


def test_every_signal_is_counted_over_all_media_of_the_case(scanned: Workspace) -> None:
    found = coverage(scanned)
    assert found["pdq"] == Coverage("pdq", True, 2, 3, {"could not be decoded": 1})
    for name in ("explicit", "faces", "templates"):
        assert found[name] == Coverage(name, False, 0, 3, {"the order does not allow it": 3})


def test_a_missing_model_and_what_was_not_looked_at_are_not_computed(scanned: Workspace) -> None:
    with scanned.database.transaction() as connection:
        shas = connection.scalars(
            sa.select(item.c.sha256).where(item.c.format == "png", item.c.error.is_(None))
        ).all()
        connection.execute(
            signal.update()
            .where(signal.c.sha256 == shas[0], signal.c.name == "pdq")
            .values(version="1+missing")
        )
        connection.execute(signal.delete().where(signal.c.sha256 == shas[1], signal.c.name == "pdq"))
    found = coverage(scanned)["pdq"]
    assert found.computed == 0
    assert found.missing[MODEL_MISSING] == 1
    assert sum(found.missing.values()) == found.of == 3


def test_the_report_of_such_a_case_says_that_nothing_was_assessed(scanned: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    scanned.export("html", out)
    page = Page(out.read_text("utf-8"))
    said = section(page, 1)
    assert (
        "The order does not allow pictures and videos to be assessed (explicit, faces): none of 3 was."
        in said
    )
    assert "nothing could be suspected by what it shows" in said
    assert "no combination of signals" not in said
    assert "no list was there to compare with" in said
    assert "explicit explicit content does not allow it 0 3 the order does not allow it: 3" in section(
        page, 10
    )


def of(**changes: object) -> Sample:
    """The rich case in which the explicit score was computed otherwise."""
    found = [replace(one, **changes) if one.signal == "explicit" else one for one in rich().coverage]  # type: ignore[arg-type]
    return replace(rich(), coverage=found)


def test_a_model_that_was_missing_is_said_in_the_summary() -> None:
    said = section(Page(written(of(computed=0, missing={MODEL_MISSING: 24_611}))), 1)
    assert f"Explicit content was assessed in none of 24,611 pictures and videos ({MODEL_MISSING})" in said
    said = section(Page(written(rich())), 1)
    assert "Explicit content was not assessed in 10 of 24,611 pictures and videos" in said


def test_nothing_is_said_in_the_summary_where_everything_that_could_be_decoded_was_assessed() -> None:
    said = section(Page(written(of(computed=24_300, missing={"could not be decoded": 311}))), 1)
    assert "assessed" not in said


def test_a_case_without_media_says_so() -> None:
    page = Page(written(empty()))
    assert "no picture and no video in this case" in section(page, 10)
    assert "Every signal was computed" not in page.said()
