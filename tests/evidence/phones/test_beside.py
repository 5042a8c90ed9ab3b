"""Files beside a database: in a file system's image, in what the order leaves out, and where there are too many."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.errors import EvidenceError
from safelight.evidence import beside
from safelight.evidence.beside import Listing
from safelight.evidence.protocol import Kind, Node
from safelight.evidence.source import BytesSource

from .made import everything, picture
from .test_messengers import android_phone, chats


def node(path: str) -> Node:
    return Node(path.encode(), Kind.FILE, open=lambda: BytesSource(path.encode()))


def listing(*paths: str, forbidden: str = "") -> Listing:
    return Listing(lambda: iter([node(path) for path in paths]), lambda one: one.name != forbidden.encode())


def found(of: Listing, path: str, near: str = "data/app/x.db", *, by_name: bool = False) -> str | None:
    neighbour = of.near(near.encode()).find(path.encode(), by_name=by_name)
    return None if neighbour is None else neighbour.node.name.decode()


def test_a_relative_path_must_fit_whole() -> None:
    of = listing("data/media/Media/a.jpg", "data/Other/a.jpg")
    assert found(of, "Media/a.jpg") == "data/media/Media/a.jpg"
    assert found(of, "Pictures/a.jpg") is None
    assert found(of, "a.jpg", by_name=True) in ("data/media/Media/a.jpg", "data/Other/a.jpg")


def test_a_path_from_the_devices_root_may_have_another_root_here() -> None:
    of = listing("phone/media/0/DCIM/a.jpg")
    assert found(of, "/storage/emulated/0/DCIM/a.jpg") == "phone/media/0/DCIM/a.jpg"
    assert found(of, "/storage/emulated/0/Pictures/a.jpg") is None
    assert found(of, r"C:\DCIM\a.jpg") is None


def test_of_several_the_nearest_is_taken() -> None:
    of = listing("user1/Media/a.jpg", "user2/Media/a.jpg")
    assert found(of, "Media/a.jpg", "user2/db/x.db") == "user2/Media/a.jpg"
    assert found(of, "Media/a.jpg", "user1/db/x.db") == "user1/Media/a.jpg"


@pytest.mark.parametrize("path", ["../Media/a.jpg", "Media/../../a.jpg", "", "/", "."])
def test_paths_that_go_up_lead_nowhere(path: str) -> None:
    assert found(listing("Media/a.jpg", "a.jpg"), path, by_name=True) is None


def test_a_name_without_a_folder_means_the_databases_own() -> None:
    of = listing("DCIM/a.jpg", "data/app/b.jpg")
    assert found(of, "a.jpg") is None
    assert found(of, "/a.jpg") is None
    assert found(of, "b.jpg") == "data/app/b.jpg"


def test_what_is_uncertain_about_a_file_is_told() -> None:
    near = listing("1/Media/a.jpg", "2/Media/a.jpg", "3/Media/a.jpg", "media/0/DCIM/b.jpg").near(b"x.db")
    several = near.find(b"Media/a.jpg")
    assert several is not None and (several.others, several.is_partial) == (2, False)
    whole, part = (near.find(b"/storage/emulated/0/" + path) for path in (b"DCIM/b.jpg", b"Old/DCIM/b.jpg"))
    assert whole is not None and (whole.others, whole.is_partial) == (0, False)
    assert part is not None and part.is_partial


def test_many_files_with_one_name_take_time_by_their_number() -> None:
    paths = [f"Media/{number}/thumb.jpg" for number in range(6_000)]
    of = listing(*paths)
    assert found(of, paths[0]) == paths[0]
    begun = time.process_time()
    assert [found(of, path) for path in paths] == paths
    assert time.process_time() - begun < 3  # comparing each with each took 20 s


def test_what_the_order_leaves_out_is_found_and_not_opened() -> None:
    of = listing("x/a.jpg", "x/b.db-wal", forbidden="x/b.db-wal")
    near = of.near(b"x/b.db")
    assert near.exact(b"b.db-wal") is None
    assert near.exact(b"b.db-wal", part=True) is not None
    assert near.exact(b"a.jpg") is not None


def test_too_many_files_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "MOST", 3)
    of = listing("1.jpg", "2.jpg", "x.dll", "3.jpg", "4.jpg")
    assert found(of, "3.jpg", by_name=True) == "3.jpg"
    assert found(of, "4.jpg", by_name=True) is None
    assert "more than 3 files" in (of.cut or "")


def test_a_listing_that_breaks_off_keeps_what_it_had() -> None:
    def nodes() -> Iterator[Node]:
        yield node("a.jpg")
        raise EvidenceError("the folder is damaged")

    of = Listing(nodes, lambda _: True)
    assert found(of, "a.jpg", by_name=True) == "a.jpg"
    assert of.cut == "the folder is damaged"


def test_references_in_the_image_of_a_file_system(tmp_path: Path) -> None:
    if shutil.which("mke2fs", path="/usr/sbin:/sbin:/usr/bin") is None:
        pytest.skip("mke2fs is not installed")
    phone, image = android_phone(tmp_path / "phone"), tmp_path / "userdata.img"
    command = ["/usr/sbin/mke2fs", "-q", "-t", "ext4", "-d", str(phone), str(image), "8M"]
    subprocess.run(command, check=True, capture_output=True)
    contents = {content for _, content in chats(everything(image)).values()}
    assert contents == {picture(1), picture(2), picture(3), None, picture(40, 24)}
