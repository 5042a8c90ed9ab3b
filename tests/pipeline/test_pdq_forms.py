"""Turned, mirrored and bordered copies of listed pictures: found by scan and screen, told in leads and exports."""

from __future__ import annotations

import csv
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pdqhash
import pytest
import sqlalchemy as sa
from PIL import Image, ImageOps

from safelight.engine.protocol import TaskLimits
from safelight.media import jpeg
from safelight.model import HashSetKind
from safelight.pipeline.looking import Job, Look
from safelight.signals.pdq import PdqSignal
from safelight.store.sealed import seal
from safelight.store.tables import pdq, signal
from safelight.triage.facts import signal_context
from safelight.workspace import Workspace
from tests.signals.pictures import encoded, scene

PICTURE = scene(41, 640, 480)
COPIES = {
    "as it is.jpg": ("identity", PICTURE),
    "mirrored.jpg": ("mirrored", ImageOps.mirror(PICTURE)),
    "clockwise.jpg": ("turned 90", PICTURE.transpose(Image.Transpose.ROTATE_270)),
    "anticlockwise.jpg": ("turned 270", PICTURE.transpose(Image.Transpose.ROTATE_90)),
    "upside down.png": ("turned 180", PICTURE.transpose(Image.Transpose.ROTATE_180)),
    "framed.png": ("trimmed", ImageOps.expand(PICTURE, 70, "white")),
    "framed and mirrored.jpg": ("trimmed, mirrored", ImageOps.expand(ImageOps.mirror(PICTURE), 70, "black")),
}


@pytest.fixture
def folder(tmp_path: Path, workspace: Workspace) -> Path:
    """Copies of a listed picture, and one that is on no list."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    for name, (_, image) in COPIES.items():
        (folder / name).write_bytes(encoded(image, "PNG" if name.endswith("png") else "JPEG", quality=85))
    (folder / "other.jpg").write_bytes(encoded(scene(42, 640, 480), quality=85))
    bits, quality = pdqhash.compute(np.asarray(PICTURE))
    (tmp_path / "list.pdq.txt").write_text(f"{np.packbits(bits).tobytes().hex()},{quality},7\n")
    workspace.import_hashset(tmp_path / "list.pdq.txt", name="list", kind=HashSetKind.KNOWN_ILLEGAL)
    return folder


def test_a_scan_finds_every_form_once_and_says_which_it_is(
    workspace: Workspace, folder: Path, tmp_path: Path
) -> None:
    assert workspace.scan([folder])["near_known"] == len(COPIES)
    found = {lead["paths"][0]["path"]: lead for lead in workspace.leads(top=100) if lead["matches"]}
    assert {name: lead["matches"][0]["form"] for name, lead in found.items()} == {
        name: form for name, (form, _) in COPIES.items()
    }
    assert all(len(lead["matches"]) == 1 and lead["matches"][0]["distance"] <= 10 for lead in found.values())
    why = found["framed and mirrored.jpg"]["reasons"][0]["text"]
    assert why.startswith("Looks like entry 7 of 'list', without its border, mirrored: ")
    assert corner_after(COPIES["clockwise.jpg"][1]) == "top right"
    for name in ("clockwise", "anticlockwise"):
        told = found[f"{name}.jpg"]["reasons"][0]["text"]
        assert told.startswith(f"Looks like entry 7 of 'list', turned by 90° {name}: ")
    assert found["as it is.jpg"]["reasons"][0]["text"].startswith("Looks like entry 7 of 'list': ")
    assert len({lead["stack"] for lead in found.values()}) == 1
    out = Path(workspace.export("csv", tmp_path / "leads.csv")["file"])
    with out.open(encoding="utf-8", newline="") as file:
        cells = {row["path"]: row["matches"] for row in csv.DictReader(file) if row["matches"]}
    assert " form turned 90" in cells["clockwise.jpg"]
    assert " form " not in cells["as it is.jpg"]


def corner_after(turned: Image.Image) -> str:
    """Where the corner is that is top left in the picture."""
    corner = np.asarray(PICTURE, int)[0, 0]
    pixels = np.asarray(turned, int)
    corners = {"top left": pixels[0, 0], "top right": pixels[0, -1], "bottom left": pixels[-1, 0]}
    return min(corners, key=lambda where: int(np.abs(corners[where] - corner).sum()))


def test_screen_says_the_same(workspace: Workspace, folder: Path) -> None:
    found = workspace.screen([folder / name for name in (*COPIES, "other.jpg")])
    forms = {Path(one["file"]).name: [match["form"] for match in one["matches"]] for one in found}
    assert forms == {name: [form] for name, (form, _) in COPIES.items()} | {"other.jpg": []}


def test_hashes_of_a_former_version_are_computed_again_and_the_log_says_so(
    workspace: Workspace, folder: Path
) -> None:
    workspace.scan([folder])
    case_id = workspace.show_case()["id"]
    with workspace.database.transaction() as connection:
        before = connection.execute(sa.select(pdq)).all()
        connection.execute(sa.text("UPDATE signal SET version = '1' WHERE name = 'pdq'"))
        connection.execute(pdq.delete().where(pdq.c.trimmed == 1))
        connection.execute(pdq.update().values(mirrored=None))
        (odd,) = connection.execute(
            sa.select(signal.c.sha256).where(signal.c.name == "pdq").limit(1)
        ).scalars()
        sealed = seal(workspace.keys.sealer(connection, case_id), [[], None], signal_context(odd, "pdq"))
        connection.execute(
            signal.update().where(signal.c.sha256 == odd, signal.c.name == "pdq").values(sealed=sealed)
        )
    workspace.scan([folder])
    with workspace.database.transaction() as connection:
        assert sorted(connection.execute(sa.select(pdq)).all()) == sorted(before)
        versions = set(
            connection.execute(sa.select(signal.c.version).where(signal.c.name == "pdq")).scalars()
        )
    assert versions == {PdqSignal.version}
    what, pictures = f"pdq 1 to {PdqSignal.version}", len(COPIES) + 1
    first, second = ended(workspace)
    assert "replaced" not in first["detail"]
    assert second["detail"]["replaced"] == {what: pictures, f"{what}, differing": 1}
    assert workspace.scan([folder])["items"] == pictures
    assert "replaced" not in ended(workspace)[-1]["detail"], "a third scan finds nothing to do anew"


def ended(workspace: Workspace) -> list[dict[str, Any]]:
    """The events of scans that have ended, in their order."""
    return [one for one in workspace.audit_show() if (one["verb"], one["phase"]) == ("scan", "ended")]


@pytest.mark.parametrize(
    ("names", "thumbnail", "decodes"),
    [(("pdq",), False, []), (("exif", "pdq"), True, [4]), (("explicit", "pdq"), True, [2])],
)
def test_a_photograph_is_decoded_once_and_no_larger_than_is_needed(
    names: tuple[str, ...], thumbnail: bool, decodes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    read = jpeg._Jpeg.read

    def counted(self: jpeg._Jpeg, scale: int, luma: bool) -> np.ndarray:
        if not luma:
            seen.append(scale)
        return read(self, scale, luma)

    monkeypatch.setattr(jpeg._Jpeg, "read", counted)
    task = Look(names, TaskLimits(1 << 32, 60))
    (looked,) = task([Job(bytes(32), encoded(scene(3, 1400, 1100)), thumbnail)])
    assert seen == decodes
    assert {name for name, *_ in looked["signals"]} == set(names)
    assert all(value is not None for _, _, value, _ in looked["signals"])
    if thumbnail:
        with Image.open(BytesIO(looked["thumbnail"])) as small:
            assert max(small.size) == 256
