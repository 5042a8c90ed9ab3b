"""The exhibit holds what it says it holds: checked with pytsk3, the reference PDQ and the list files themselves."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter

import numpy as np
import pytest
import pytsk3
from PIL import ExifTags, Image

from safelight.demo import encode, library, lists
from safelight.demo.truth import DemoExhibit, Planted, Role
from safelight.model import State

pytestmark = pytest.mark.xdist_group("exhibit")  # one worker makes it, once

OFFSETS = {"laptop.img": 2048 * 512, "archive.img": 0}


def _content(file: pytsk3.File) -> bytes:
    size = file.info.meta.size
    return file.read_random(0, size) if size else b""


def _volume(exhibit: DemoExhibit, name: str) -> pytsk3.FS_Info:
    path = next(image for image in exhibit.exhibits if image.name == name)
    return pytsk3.FS_Info(pytsk3.Img_Info(str(path)), offset=OFFSETS[name])


def _entries(volume: pytsk3.FS_Info, folder: bytes) -> dict[bytes, tuple[bool, bytes | None]]:
    """Name → (deleted, content) of the files of one folder."""
    found = {}
    for entry in volume.open_dir(folder.decode("utf-8", "surrogateescape") or "/"):
        name = entry.info.name
        deleted = bool(int(name.flags) & int(pytsk3.TSK_FS_NAME_FLAG_UNALLOC))
        file = volume.open_meta(name.meta_addr) if entry.info.meta is None else entry
        regular = file.info.meta and file.info.meta.type == pytsk3.TSK_FS_META_TYPE_REG
        found[name.name] = (deleted, _content(file) if regular else None)
    return found


@pytest.mark.parametrize("image", ["laptop.img", "archive.img"])
def test_every_planted_file_lies_where_the_truth_says(exhibit: DemoExhibit, image: str) -> None:
    volume = _volume(exhibit, image)
    folders: dict[bytes, dict[bytes, tuple[bool, bytes | None]]] = {}
    wrong: list[Planted] = []
    for one in exhibit.planted:
        if one.exhibit != image or one.state in (State.EMBEDDED, State.CARVED):
            continue
        folder, _, name = one.trail[-1].rpartition(b"/")
        if folder not in folders:
            folders[folder] = _entries(volume, folder)
        deleted, content = folders[folder].get(name, (None, None))
        if one.role is Role.LINK:
            right = content is None and deleted is False
        else:
            right = content is not None and hashlib.sha256(content).hexdigest() == one.sha256
            right = right and deleted == (one.state is State.DELETED)
        if not right:
            wrong.append(one)
    assert wrong == []


def test_the_carved_file_has_lost_its_record_and_lies_in_free_space(exhibit: DemoExhibit) -> None:
    (carved,) = (one for one in exhibit.planted if one.state is State.CARVED)
    raw = (exhibit.folder / carved.exhibit).read_bytes()
    content = library.known(2).data
    assert hashlib.sha256(content).hexdigest() == carved.sha256
    assert raw.count(content) == 1
    assert _entries(_volume(exhibit, carved.exhibit), b"/srv/media/tmp/.x")[b"a2.jpg"] == (True, None)


def test_the_lists_hold_the_stand_ins_and_disagree_about_one_picture(exhibit: DemoExhibit) -> None:
    known = [library.known(number) for number in range(1, 9)]
    records = json.loads(exhibit.known_illegal.read_text())["value"]
    md5 = {record["MD5"].lower() for record in records}
    good = set(exhibit.known_good.read_text().split())
    assert md5 >= set(library.digests([*known, library.disputed()], "md5"))
    assert good.isdisjoint(library.digests(known, "sha1"))
    assert library.digests([library.disputed()], "sha1")[0] in good
    assert len(records) == 409


def test_what_the_truth_calls_known_is_what_the_list_holds(exhibit: DemoExhibit) -> None:
    assert exhibit.digests(Role.KNOWN) == {library.known(number).sha256 for number in range(1, 9)}
    assert {one.state for one in exhibit.with_role(Role.KNOWN)} == set(State)


def test_near_copies_are_near_and_nothing_else_is(exhibit: DemoExhibit) -> None:
    listed = []
    for line in exhibit.pdq.read_text().splitlines():
        packed, quality, _ = line.split(",")
        assert int(quality) >= 50
        listed.append(np.unpackbits(np.frombuffer(bytes.fromhex(packed), np.uint8)))

    def distance(piece: library.Piece) -> int:
        bits, _ = lists.pdq(piece.data)
        return min(int(np.count_nonzero(bits != other)) for other in listed)

    changes = {1: "smaller", 2: "recompressed", 3: "thumbnail", 4: "brighter"}
    changes |= {5: "png", 6: "darker", 7: "webp", 8: "gif"}
    assert {n: change for n, change in changes.items() if distance(library.near_known(n, change)) > 31} == {}
    assert distance(library.new_in_series(encode.PHONE, 1)) <= 31
    assert distance(library.new_in_series(encode.OLD_COMPACT, 4)) <= 31
    others = [library.wallpaper(n) for n in range(1, 11)] + [library.disputed()]
    others += [library.trip_copy(n, "mail") for n in range(0, 12, 2)]
    assert min(distance(piece) for piece in others) > 31


def test_camera_originals_say_which_camera_when_and_where() -> None:
    with Image.open(io.BytesIO(library.phone_photo(1).data)) as picture:
        exif = picture.getexif()
    detail = exif.get_ifd(ExifTags.IFD.Exif)
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    assert (exif[ExifTags.Base.Make], exif[ExifTags.Base.Model]) == ("Ostra", "Ostra 7 Pro")
    assert detail[ExifTags.Base.DateTimeOriginal] == "2026:11:03 00:41:12"
    assert detail[ExifTags.Base.OffsetTimeOriginal] == "+02:00"
    degrees, minutes, seconds = (float(part) for part in gps[2])
    assert gps[1] == "N" and abs(degrees + minutes / 60 + seconds / 3600 - 53.5447) < 1e-4


def test_there_is_some_of_everything(exhibit: DemoExhibit) -> None:
    roles = Counter(one.role for one in exhibit.planted)
    assert set(roles) == set(Role)
    assert sum(roles.values()) > 250
    assert max(len(one.trail) for one in exhibit.planted) == 5, "a picture three archives deep"
    assert any(b"\n" in one.trail[-1] for one in exhibit.planted)
    assert len(exhibit.families()["known-1"]) == 4
