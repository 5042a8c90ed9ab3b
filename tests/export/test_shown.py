"""What a report's small pictures are called, and that the frames of a contact sheet can be told apart."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from safelight.export.blur import FRAME_SIDE, GAP, blurred, blurred_sheet
from safelight.export.pictures import MOST_BYTES, Pictures
from safelight.export.protocol import ExportOptions, LeadView
from safelight.export.shown import shown_of
from safelight.media.open import open_media
from safelight.media.thumbnail import stand_in
from safelight.model import SignalValue
from tests.media.films import film, moving

from .page import Page, written
from .sample import Sample, rich


def pdq(*positions: float | None) -> SignalValue:
    return SignalValue("pdq", "3", [{"hash": "0" * 64, "quality": 90, "position": at} for at in positions])


VPDQ = SignalValue("vpdq", "2", {"frame": [0, 1]})


def a_lead(format: str, *positions: float | None, **more: Any) -> LeadView:
    view = rich().lead_views[2]
    moves = more.pop("moves", False)
    return replace(
        view, format=format, signals={"pdq": pdq(*positions), **({"vpdq": VPDQ} if moves else {})}, **more
    )


NINE = tuple(float(7 * number) for number in range(9))


@pytest.mark.parametrize(
    ("view", "caption", "note", "frames"),
    [
        (a_lead("jpeg", None), "The picture, grey and blurred", "", 1),
        (a_lead("jpeg", None, None), "The picture, grey and blurred", "", 1),
        (a_lead("png", None), "The picture, grey and blurred", "", 1),
        (
            a_lead("jpeg", None, damaged="only its embedded preview can be shown: no pixel can be decoded"),
            "The preview embedded in it, as the picture itself cannot be shown, grey and blurred",
            "",
            1,
        ),
        (a_lead("raw", None), "What the camera's file shows of itself, grey and blurred", "", 1),
        (
            a_lead("mp4", *NINE, moves=True),
            "Contact sheet: 9 frames of the film, grey and blurred",
            "Left to right, row by row, at 0:00, 0:07, 0:14, 0:21, 0:28, 0:35, 0:42, 0:49 and 0:56 of it.",
            9,
        ),
        (
            a_lead("mp4", 0.04, moves=True),
            "One frame of the film, the only one that was decoded, grey and blurred",
            "",
            1,
        ),
        (
            a_lead("gif", None, 0.1, 0.25, moves=True),
            "Contact sheet: 3 frames of the animation, grey and blurred",
            "Left to right, row by row, at 0.0, 0.1 and 0.2 s of it.",
            3,
        ),
        (
            a_lead("jxl", None, None, moves=True),
            "Contact sheet: 2 frames of the animation, grey and blurred",
            "Left to right, row by row.",
            2,
        ),
        (
            a_lead("heic", None, None, None),
            "Contact sheet: the 3 pictures in the file, grey and blurred",
            "Left to right, row by row.",
            3,
        ),
        (
            a_lead("heic", *[None] * 30),
            "Contact sheet: 9 of the 30 pictures in the file, grey and blurred",
            "Left to right, row by row.",
            9,
        ),
    ],
)
def test_what_is_shown_is_called_what_it_is(view: LeadView, caption: str, note: str, frames: int) -> None:
    shown = shown_of(view)
    assert (shown.caption, shown.note, shown.frames) == (caption, note, frames)


def sheet_of(data: bytes) -> tuple[bytes, int]:
    pictures = open_media(data).pictures
    return stand_in(pictures), min(9, len(pictures))


@pytest.mark.parametrize(
    "data", [film("mp4", seconds=20, scenes=True), moving("GIF", 5)], ids=["film", "gif"]
)
def test_each_frame_of_a_sheet_is_blurred_by_itself(data: bytes) -> None:
    kept, frames = sheet_of(data)
    made = blurred_sheet(kept, frames)
    assert made is not None
    with Image.open(io.BytesIO(made)) as sheet, Image.open(io.BytesIO(kept)) as sharp:
        assert sheet.mode == "L"
        across, down = 3, -(-frames // 3)
        width, height = sharp.width // across, sharp.height // down
        side = (sheet.width + GAP) // across, (sheet.height + GAP) // down
        assert max(side) - GAP == FRAME_SIDE
        for number in range(frames):
            row, column = divmod(number, across)
            cell = sheet.crop(
                (column * side[0], row * side[1], (column + 1) * side[0] - GAP, (row + 1) * side[1] - GAP)
            )
            whole = sharp.convert("L").crop(
                (column * width, row * height, (column + 1) * width, (row + 1) * height)
            )
            alone = io.BytesIO()
            whole.save(alone, "PNG")
            small = blurred(alone.getvalue())
            assert small is not None
            expected = np.asarray(Image.open(io.BytesIO(small)).resize(cell.size), float)
            assert np.abs(np.asarray(cell, float) - expected).mean() < 8
            detail = np.asarray(cell, float) - np.asarray(
                cell.resize((16, 12), Image.Resampling.BOX).resize(cell.size, Image.Resampling.BICUBIC), float
            )
            assert np.abs(detail).mean() < 4, "nothing is left that is finer than 16 values across"


def test_a_thumbnail_that_is_no_sheet_of_so_many_is_refused() -> None:
    made = io.BytesIO()
    Image.new("L", (2, 2)).save(made, "PNG")
    assert blurred_sheet(made.getvalue(), 9) is None
    assert blurred_sheet(b"no picture", 9) is None


def of_one(view: LeadView, kept: bytes) -> Sample:
    lead = replace(view.lead, matches=(), decided=None, stack="alone")
    view = replace(view, lead=lead, stack_size=1)
    return replace(rich(), lead_views=[view], pictures={lead.sha256: kept})


def test_a_contact_sheet_has_a_row_of_its_own_and_its_times() -> None:
    kept, _ = sheet_of(film("mp4", seconds=20, scenes=True))
    source = written(of_one(a_lead("mp4", *NINE, moves=True), kept), ExportOptions(thumbnails=True))
    page = Page(source)
    assert "Contact sheet: 9 frames of the film, grey and blurred" in page.said()
    assert ", at 0:00, 0:07, " in page.said()
    body, sheet = source.index('<div class="what">'), source.index('<details class="picture sheet">')
    assert source.count("</div>", body, sheet) >= 2, "behind the two columns, not within one of them"
    (address,) = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', source)
    with Image.open(io.BytesIO(base64.b64decode(address))) as picture:
        assert picture.width > 3 * FRAME_SIDE
    alone = written(of_one(a_lead("png", None), kept), ExportOptions(thumbnails=True))
    assert 'class="picture sheet"' not in alone and 'class="picture"' in alone


def test_pictures_end_before_a_report_becomes_too_large() -> None:
    kept, _ = sheet_of(moving("GIF", 9))
    findings = of_one(a_lead("gif", *[0.1 * number for number in range(9)], moves=True), kept)
    (view,) = findings.lead_views
    pictures = Pictures(size=MOST_BYTES - 1)
    pictures.of(findings, [view])
    second = replace(view, lead=replace(view.lead, id="L9"))
    pictures.of(findings, [second])
    assert list(pictures.addresses) == [view.lead.id]
    assert pictures.absent == {"L9": "the report would become too large"}
