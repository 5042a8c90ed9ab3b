"""The page of a photograph with numbered faces: an export, logged, of which nothing is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from safelight.errors import FormatError, RefusedError, UsageError
from safelight.export.person_frames import drawn
from safelight.governance import log
from safelight.model import Capability
from safelight.persons.portraits.frames import Frame, Framed
from safelight.store.tables import person, person_photo
from safelight.workspace import Workspace
from tests.signals.pictures import encoded, public, scene

from .page import Page
from .person_desk import allowing

Open = Callable[..., Workspace]


@pytest.fixture
def workspace(open_again: Open) -> Workspace:
    opened = open_again(evaluation=True)
    opened.open_case("S", allowing(Capability.EXPORT))
    return opened


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "faces.html"


def framed(*boxes: tuple[float, float, float, float], doubtful: bool = False) -> Framed:
    return Framed(
        None, b"\xff\xd8", (800, 600), tuple(Frame(box, 60, 0, doubtful) for box in boxes)
    )  # fmt: skip


def test_every_face_has_its_number() -> None:
    svg = drawn(framed((0.1, 0.2, 0.1, 0.2), (0.5, 0.2, 0.1, 0.2), (0.8, 0.2, 0.1, 0.2)))
    assert [f">{number}</text>" in svg for number in (1, 2, 3, 4)] == [True, True, True, False]


def test_what_may_be_no_face_is_dashed() -> None:
    assert "dasharray" in drawn(framed((0.1, 0.2, 0.1, 0.2), doubtful=True))
    assert "dasharray" not in drawn(framed((0.1, 0.2, 0.1, 0.2)))


def test_the_page_shows_two_people_numbered_and_the_option_for_each(workspace: Workspace, out: Path) -> None:
    (path,) = public("faces/_probes", "kit_with_rose.jpg")
    found = workspace.show_faces(path, out)
    assert len(found["faces"]) == 2
    page = Page(out.read_text(encoding="utf-8"))
    assert "--face kit_with_rose.jpg=2" in page.said()
    assert not {tag for tag, _ in page.elements} & {"script", "link", "iframe", "form"}


def test_nothing_of_the_photograph_is_kept_and_its_event_names_it(
    workspace: Workspace, out: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "family.jpg"
    photo.write_bytes(encoded(scene(2)))
    found = workspace.show_faces(photo, out)
    with workspace.database.transaction() as connection:
        assert not any(
            connection.scalar(sa.select(sa.func.count()).select_from(one)) for one in (person, person_photo)
        )
    with workspace.database.transaction() as connection:
        *_, done = (one for one in log.events(connection) if one.verb == "persons faces")
        said = done.personal(workspace.keys.sealer(connection, str(done.case)))
    assert done.detail["sha256"] == found["sha256"]
    assert said["photo"] == hashlib.sha256(photo.read_bytes()).hexdigest()
    assert not done.subject and "family" not in str(done.detail)


def test_without_the_capability_to_export_no_page_is_made(
    open_again: Open, out: Path, tmp_path: Path
) -> None:
    opened = open_again(evaluation=True)
    opened.open_case("S", allowing())
    (tmp_path / "a.jpg").write_bytes(encoded(scene(2)))
    with pytest.raises(RefusedError):
        opened.show_faces(tmp_path / "a.jpg", out)
    assert not out.exists()


def test_what_is_no_photograph_and_what_is_no_page_is_said(
    workspace: Workspace, out: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(FormatError, match="cannot be shown"):
        workspace.show_faces(tmp_path / "a.jpg", out)
    with pytest.raises(UsageError, match="ending"):
        workspace.show_faces(tmp_path / "a.jpg", out.with_suffix(".png"))
