"""From the file to the lead: films by their frames, sound alone, previews that show something else."""

from __future__ import annotations

import csv
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image

from safelight.engine.pool import PoolEngine
from safelight.engine.protocol import Done, TaskLimits
from safelight.matching.films import clock
from safelight.model import HashSetKind
from safelight.pipeline.looking import Job, Look
from safelight.store.tables import item
from safelight.workspace import Workspace
from tests.evidence.test_embedded_media import with_thumbnail
from tests.media.films import film, moving
from tests.media.test_media import encoded, scene
from tests.signals.test_preview import small

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


@needs_ffmpeg
def test_a_small_copy_of_a_listed_clip_leads_and_both_shares_are_told(
    workspace: Workspace, shared: Path, tmp_path: Path
) -> None:
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    source = shared / "vpdq" / "pattern-sd-grey-bar.mp4"
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-ss",
        "1",
        "-t",
        "2",
        "-i",
        source,
        "-vf",
        "scale=240:-2",
        evidence / "part.mp4",
    ]
    subprocess.run(command, check=True)
    (evidence / "other.mp4").write_bytes(film("mp4", seconds=2))
    workspace.import_hashset(source.with_suffix(".txt"), name="films", kind=HashSetKind.KNOWN_ILLEGAL)
    summary = workspace.scan([evidence])
    assert (summary["near_known"], summary["leads"]) == (1, 1)
    (lead,) = workspace.leads()
    (match,) = lead["matches"]
    assert (match["by"], match["entry"]) == ("vpdq", "pattern-sd-grey-bar")
    mine, theirs = match["covered"]
    assert mine >= 95 and 20 <= theirs <= 60
    assert (
        f"{mine} % of this film's are found there, and {theirs} % of the entry's here"
        in lead["reasons"][0]["text"]
    )
    screened = workspace.screen([evidence / "part.mp4", evidence / "other.mp4"])
    assert [one["matches"] for one in screened] == [[match], []]
    out = Path(workspace.export("csv", tmp_path / "leads.csv")["file"])
    with out.open(encoding="utf-8", newline="") as file:
        assert f"covered {mine}/{theirs}" in next(csv.DictReader(file))["matches"]
    again = workspace.scan([evidence])
    assert (again["near_known"], again["leads"]) == (1, 1)


@needs_ffmpeg
def test_sound_alone_is_neither_a_failure_nor_looked_at_again(workspace: Workspace, tmp_path: Path) -> None:
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=duration=1", evidence / "voice.mp4"]
    subprocess.run(command, check=True)
    summary = workspace.scan([evidence])
    assert (summary["media"], summary["unreadable"]) == (1, 0)
    assert workspace.scan([evidence])["unreadable"] == 0
    out = Path(workspace.export("files", tmp_path / "files.csv")["file"])
    with out.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["format"], row["error"], row["note"]) == (
        "mp4",
        "",
        "sound only: there is no moving picture in it",
    )


def test_a_preview_of_something_else_is_a_reason_of_its_own_and_is_found_by_lists(
    workspace: Workspace, tmp_path: Path
) -> None:
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    hidden = small(scene(640, 480, seed=4))
    (evidence / "plain.jpg").write_bytes(
        with_thumbnail(encoded("JPEG", scene(640, 480, 2)), small(scene(640, 480, 2)))
    )
    (evidence / "odd.jpg").write_bytes(with_thumbnail(encoded("JPEG", scene(640, 480)), hidden))
    summary = workspace.scan([evidence])
    assert (summary["files"], summary["media"], summary["embedded"]) == (4, 2, 2)
    (lead,) = workspace.leads()
    assert [place["path"] for place in lead["paths"]] == ["odd.jpg"]
    assert [reason["code"] for reason in lead["reasons"]] == ["other-preview"]
    assert lead["band"] == "low"

    hashes = tmp_path / "pdq.txt"
    first = workspace.screen([_saved(tmp_path / "hidden.jpg", hidden)])[0]["pdq"]
    hashes.write_text(f"{first},100,hidden\n")
    workspace.import_hashset(hashes, name="near", kind=HashSetKind.KNOWN_ILLEGAL)
    assert workspace.scan([evidence])["near_known"] == 1
    (lead,) = workspace.leads()
    assert {reason["code"] for reason in lead["reasons"]} >= {"near-known", "other-preview"}


def test_the_preview_itself_is_known_by_its_digest(workspace: Workspace, tmp_path: Path) -> None:
    import hashlib

    evidence = tmp_path / "evidence"
    evidence.mkdir()
    preview = small(scene(640, 480))
    (evidence / "a.jpg").write_bytes(with_thumbnail(encoded("JPEG", scene(640, 480)), preview))
    listed = tmp_path / "md5.txt"
    listed.write_text(hashlib.md5(preview).hexdigest() + "\n")
    workspace.import_hashset(listed, name="exact", kind=HashSetKind.KNOWN_ILLEGAL)
    assert workspace.scan([evidence])["known_illegal"] == 1
    (lead,) = workspace.leads()
    assert [place["path"] for place in lead["paths"]] == ["a.jpg//thumbnail.jpg"]
    assert workspace.scan([evidence])["known_illegal"] == 1
    with workspace.database.transaction() as connection:
        formats = set(connection.execute(sa.select(item.c.format)).scalars())
    assert formats == {"jpeg", "preview"}, "a preview is not looked at by itself, now or later"


def _saved(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_every_new_way_of_looking_works_in_the_jail(tmp_path: Path) -> None:
    media = {
        "film": film("mp4", seconds=2),
        "cut film": film("avi", seconds=2)[:60_000],
        "webm": film("webm", seconds=1),
        "animation": moving("WEBP"),
        "preview": with_thumbnail(encoded("JPEG", scene(640, 480)), small(scene(640, 480, seed=4))),
        "still": encoded("PNG"),
    }
    jobs = [Job(number.to_bytes(32, "big"), data) for number, data in enumerate(media.values())]
    with PoolEngine(1) as engine:
        (outcome,) = engine.map(Look(("pdq", "preview", "vpdq"), TaskLimits(2 << 30, 60)), [jobs])
    assert isinstance(outcome, Done)
    seen = dict(zip(media, outcome.results, strict=True))
    assert {name: one.error for name, one in seen.items() if one.error} == {}
    values = {name: {value.name: value.value for value in one.signals} for name, one in seen.items()}
    assert all(values[name]["vpdq"]["frame"] for name in ("film", "cut film", "webm", "animation"))
    assert values["preview"]["preview"][0]["differs"] and len(values["preview"]["pdq"]) == 2
    assert values["still"]["vpdq"] is None
    assert len(values["film"]["pdq"]) == 9
    with Image.open(_saved(tmp_path / "sheet.jpg", seen["film"].thumbnail or b"")) as sheet:
        assert sheet.size == (384, 288)


@needs_ffmpeg
def test_a_mirrored_copy_of_a_listed_film_is_found(
    workspace: Workspace, shared: Path, tmp_path: Path
) -> None:
    source, copy = shared / "vpdq" / "pattern-sd-grey-bar.mp4", tmp_path / "copy.mp4"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-t", "2", "-i", source, "-vf", "hflip,scale=240:-2", copy], check=True
    )
    workspace.import_hashset(source.with_suffix(".txt"), name="films", kind=HashSetKind.KNOWN_ILLEGAL)
    ((match,),) = [one["matches"] for one in workspace.screen([copy])]
    assert (match["form"], match["by"]) == ("mirrored", "vpdq") and match["covered"][0] >= 95


@needs_ffmpeg
def test_a_listed_film_within_a_much_longer_one_is_found_and_where(
    workspace: Workspace, shared: Path, tmp_path: Path
) -> None:
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    source = shared / "vpdq" / "pattern-sd-grey-bar.mp4"
    before = ["-f", "lavfi", "-t", "40", "-i", "testsrc=size=320x240:rate=10"]
    joined = "[0:v]setsar=1,fps=10[a];[1:v]scale=320:240,setsar=1,fps=10[b];[a][b]concat=n=2:v=1[v]"
    command = ["ffmpeg", "-v", "error", *before, "-i", str(source)]
    cut = ["-filter_complex", joined, "-map", "[v]", str(evidence / "long.mp4")]
    subprocess.run([*command, *cut], check=True)
    workspace.import_hashset(source.with_suffix(".txt"), name="films", kind=HashSetKind.KNOWN_ILLEGAL)
    workspace.scan([evidence])
    (lead,) = workspace.leads()
    (match,) = lead["matches"]
    assert match["covered"][0] < 30 and match["covered"][1] >= 80
    assert 39 <= match["at"][0] <= 42 and match["at"][1] >= 44
    assert ", from 0:40 to 0:4" in lead["reasons"][0]["text"]
    (again,) = workspace.screen([evidence / "long.mp4"])
    assert again["matches"] == [match]


@needs_ffmpeg
def test_a_frame_of_a_film_that_is_like_a_listed_picture_is_told_by_its_time(
    workspace: Workspace, tmp_path: Path
) -> None:
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    whole = film("mp4", seconds=9)
    (evidence / "film.mp4").write_bytes(whole)
    with PoolEngine(1) as engine:
        jobs = [Job(hashlib.sha256(whole).digest(), whole)]
        (outcome,) = engine.map(Look(("pdq",), TaskLimits(2 << 30, 60)), [jobs])
    assert isinstance(outcome, Done)
    (value,) = [one.value for one in outcome.results[0].signals]
    sixth = value[5]
    listed = tmp_path / "list.pdq.txt"
    listed.write_text(sixth["hash"] + "\n")
    workspace.import_hashset(listed, name="pictures", kind=HashSetKind.KNOWN_ILLEGAL)
    workspace.import_hashset(listed, name="watched", kind=HashSetKind.WATCH)
    workspace.scan([evidence])
    (lead,) = workspace.leads()
    near = [one["position"] for one in value if distance(one["hash"], sixth["hash"]) == 0]
    assert lead["matches"][0]["at"] == [near[0], near[0]]
    texts = {one["code"]: one["text"] for one in lead["reasons"]}
    assert texts["near-known"].startswith(f"The frame at {clock(near[0])} looks like an entry")
    assert "of the watch list 'watched': 0 of 256 bits differ" in texts["watch"]
    (screened,) = workspace.screen([evidence / "film.mp4"])
    assert screened["matches"] == lead["matches"]


def with_a_picture_at_half_a_minute(picture: Path, out: Path, *, mirrored: bool = False) -> None:
    """A film of a minute by ffmpeg, in the middle of which a picture is shown for two seconds."""
    still = ["-loop", "1", "-t", "2", "-framerate", "10", "-i", picture]
    around = [
        ["-f", "lavfi", "-t", "30", "-i", f"{name}=size=320x240:rate=10"] for name in ("testsrc", "testsrc2")
    ]
    flip = "hflip," if mirrored else ""
    joined = (
        f"[0:v]setsar=1[a];[1:v]{flip}scale=320:240,setsar=1,fps=10,format=yuv420p[b];[2:v]setsar=1[c];"
        "[a][b][c]concat=n=3:v=1[v]"
    )
    command = [
        "ffmpeg",
        "-v",
        "error",
        *around[0],
        *still,
        *around[1],
        "-filter_complex",
        joined,
        "-map",
        "[v]",
    ]
    subprocess.run([*command, "-pix_fmt", "yuv420p", out], check=True)


@needs_ffmpeg
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_listed_picture_that_is_shown_once_in_a_film_is_a_lead_that_says_when(
    workspace: Workspace, shared: Path, tmp_path: Path, mirrored: bool
) -> None:
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    with_a_picture_at_half_a_minute(shared / "pdq" / "aaa-orig.jpg", evidence / "long.mp4", mirrored=mirrored)
    (evidence / "other.mp4").write_bytes(film("mp4", seconds=2))
    workspace.scan([evidence])
    assert workspace.leads() == []
    listed = tmp_path / "list.pdq.txt"
    listed.write_text((shared / "pdq" / "expected.txt").read_text().partition(",")[0] + ",100,bridge\n")
    workspace.import_hashset(listed, name="pictures", kind=HashSetKind.KNOWN_ILLEGAL)
    again = workspace.scan([evidence])
    assert (again["near_known"], again["leads"]) == (1, 1), (
        "what was hashed before is compared with a new list"
    )
    (lead,) = workspace.leads()
    assert [place["path"] for place in lead["paths"]] == ["long.mp4"]
    (match,) = lead["matches"]
    assert (match["by"], match["entry"], match["covered"]) == ("pdq", "bridge", None)
    assert match["form"] == ("mirrored" if mirrored else "identity") and match["distance"] <= 31
    begin, end = match["at"]
    assert 29.5 <= begin < end <= 32
    (reason,) = [one for one in lead["reasons"] if one["code"] == "near-known"]
    assert reason["text"].startswith("The frames from 0:30 to 0:31 look like entry bridge of 'pictures'")
    screened = workspace.screen([evidence / "long.mp4", evidence / "other.mp4"])
    assert [one["matches"] for one in screened] == [[match], []]
    out = Path(workspace.export("html", tmp_path / "report.html")["file"])
    assert "frames, from 0:30 to 0:31 of it" in " ".join(out.read_text(encoding="utf-8").split())


def distance(one: str, other: str) -> int:
    """Bits by which two hashes in hex differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
