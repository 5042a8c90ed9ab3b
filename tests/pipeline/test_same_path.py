"""What lies at a path is not always what lay there before: another disk, a folder with less in it, a narrower order."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from safelight.errors import UsageError
from safelight.model import Capability, HashSetKind
from safelight.settings import Settings
from safelight.workspace import Workspace, open_workspace
from tests.conftest import authority
from tests.pipeline.test_rescan import lines


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    made = tmp_path / "picture.png"
    Image.linear_gradient("L").save(made)
    return made


def disk(folder: Path, name: str, content: Path | None) -> Path:
    """A tar stands in for a disk: what matters is that another one takes its path."""
    inside = folder / "inside"
    shutil.rmtree(inside, ignore_errors=True)
    inside.mkdir()
    if content is not None:
        shutil.copy(content, inside / "holiday.png")
    (inside / "notes.txt").write_text("nothing" if content else "else", encoding="ascii")
    made = folder / f"{name}.tar"
    shutil.make_archive(str(made.with_suffix("")), "tar", inside)
    return made


def know(workspace: Workspace, picture: Path, tmp_path: Path) -> None:
    known = tmp_path / "list.txt"
    known.write_text(hashlib.sha256(picture.read_bytes()).hexdigest() + "\n", encoding="ascii")
    workspace.import_hashset(known, name="known", kind=HashSetKind.KNOWN_ILLEGAL)


def test_another_disk_at_the_same_path_is_another_exhibit(
    workspace: Workspace, picture: Path, tmp_path: Path
) -> None:
    know(workspace, picture, tmp_path)
    current = tmp_path / "current.tar"
    shutil.copy2(disk(tmp_path, "of-one-person", picture), current)
    first = workspace.scan([current])
    shutil.copy2(disk(tmp_path, "of-another", None), current)
    os.utime(current, (1_700_000_000, 1_700_000_000))
    second = workspace.scan([current])

    (one,), (other,) = first["exhibits"], second["exhibits"]
    assert (first["known_illegal"], second["known_illegal"], second["leads"]) == (1, 0, 0)
    assert one["id"] != other["id"] and other["before"] == one["id"]
    assert one["sha256"] != other["sha256"]
    (lead,) = workspace.leads()
    assert [place["exhibit"] for place in lead["paths"]] == [one["id"]]


def test_an_untouched_disk_stays_the_exhibit_that_it_is(
    workspace: Workspace, picture: Path, tmp_path: Path
) -> None:
    made = disk(tmp_path, "disk", picture)
    again = [workspace.scan([made])["exhibits"][0] for _ in range(2)]
    assert again[0] == again[1] and again[0]["before"] is None


def test_what_is_gone_from_a_folder_is_said_and_is_no_part_of_it_any_more(
    workspace: Workspace, config: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "evidence"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.txt", "b.txt", "sub/c.txt"):
        (folder / name).write_text(name, encoding="ascii")
    shutil.make_archive(str(folder / "d"), "zip", folder / "sub")
    workspace.scan([folder])
    (folder / "b.txt").unlink()
    (folder / "d.zip").unlink()
    found = workspace.scan([folder], verify_after=True)

    assert found["changed"] == []
    assert sorted(one["path"] for one in found["unread"]) == ["b.txt", "d.zip", "d.zip//c.txt"]
    assert all("no longer there" in one["reason"] for one in found["unread"])
    after = lines(workspace, tmp_path)
    assert after["b.txt"]["sha256"] and "no longer there" in after["b.txt"]["error"]
    assert not after["a.txt"]["error"]
    fresh = config.model_copy(update={"workspace": tmp_path / "another"})
    with open_workspace(config=fresh) as other:
        other.open_case("fresh", authority())
        assert other.scan([folder])["exhibits"][0]["sha256"] == found["exhibits"][0]["sha256"]
    assert workspace.scan([folder])["unread"] == found["unread"]

    (folder / "b.txt").write_text("b.txt", encoding="ascii")
    back = workspace.scan([folder])
    assert "b.txt" not in {one["path"] for one in back["unread"]}
    assert not lines(workspace, tmp_path)["b.txt"]["error"]


def test_a_folder_that_cannot_be_listed_has_lost_nothing(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "evidence"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "c.txt").write_text("c", encoding="ascii")
    workspace.scan([folder])
    listing = os.listdir

    def denied(path: Any) -> list[str]:
        if isinstance(path, int) and Path(f"/proc/self/fd/{path}").readlink().name == "sub":
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(os, "listdir", denied)
    found = workspace.scan([folder])
    assert [one["path"] for one in found["unread"]] == ["sub"]


def test_a_narrower_order_leaves_standing_what_a_wider_one_had_read(
    workspace: Workspace, picture: Path, tmp_path: Path
) -> None:
    know(workspace, picture, tmp_path)
    folder = tmp_path / "evidence"
    (folder / "Legal").mkdir(parents=True)
    shutil.copy(picture, folder / "Legal" / "a.png")
    shutil.make_archive(str(folder / "Legal" / "b"), "zip", folder / "Legal", "a.png")
    workspace.scan([folder])
    before = lines(workspace, tmp_path)
    narrower = workspace.scan([folder], exclude=["Legal/**"])
    assert (narrower["not_examined"], narrower["unread"]) == (2, [])
    assert lines(workspace, tmp_path) == before
    assert len(workspace.leads()) == 1


def test_an_exhibit_may_have_any_name_and_is_read_once_however_often_it_is_named(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/odd\xff"))
    folder.mkdir()
    (folder / "a.txt").write_text("a", encoding="ascii")
    found = workspace.scan([folder, folder, folder / "a.txt"])
    assert found["files"] == 2
    assert [one["path"].endswith(("odd\\xff", "odd\\xff/a.txt")) for one in found["exhibits"]] == [True, True]


def test_what_the_order_does_not_allow_is_called_not_computed(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a", encoding="ascii")
    workspace.open_case("narrow", authority(Capability.HASH_MATCH))
    found = workspace.scan([tmp_path / "a.txt"], case="narrow")
    assert found["not_computed"] == {
        "explicit": "not allowed", "faces": "not allowed", "templates": "not allowed"
    }  # fmt: skip


def test_a_workspace_is_no_part_of_what_it_examines(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="lies inside"):
        workspace.scan([tmp_path])


def test_the_report_names_the_orders_an_exhibit_was_read_under(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "a.txt").write_text("a", encoding="ascii")
    for exclude in ([], ["*.doc"], ["*.doc"], ["*.pdf"]):
        workspace.scan([folder], exclude=exclude)
    report = tmp_path / "report.html"
    workspace.export("html", report)
    text = report.read_text("utf-8")
    assert "Read before under another order" in text
    assert all(said in text for said in (": everything", ": not *.doc", "<code>*.pdf</code>"))
    assert text.count(": not *.doc") == 1
