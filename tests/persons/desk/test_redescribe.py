"""Another embedder for a gallery: from the kept crops, resumable, the old templates staying until all are done."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from safelight.errors import UsageError
from safelight.persons.desk.redescribe import redescribe
from safelight.persons.keep.people import People
from safelight.persons.keep.templates import load, versions
from safelight.persons.person import IN_GALLERY, Status
from safelight.persons.portraits.embedders import embedder
from safelight.workspace import Workspace
from tests.conftest import of_missing_people
from tests.signals.pictures import public

OLD, NEW = "dlib-mirrored", "dlib-plain"


@dataclass
class Permit:
    """Of a verb that is under way."""

    workspace: Workspace
    the_case: Any
    actor: str = "examiner"

    def transaction(self) -> Any:
        return self.workspace.database.transaction()


@dataclass
class Desk:
    """A case with two people who are enrolled from public photographs."""

    workspace: Workspace
    permit: Any

    def versions(self) -> dict[str, int]:
        with self.workspace.database.transaction() as connection:
            return versions(connection, self.permit.the_case.id)

    def vectors(self, name: str) -> np.ndarray:
        one = embedder(name)
        case = self.permit.the_case.id
        with self.workspace.database.transaction() as connection:
            return load(
                connection, self.workspace.keys, (case,), tuple(IN_GALLERY), one.version, one.dimensions
            ).vectors

    def people(self, connection: Any) -> People:
        return People(connection, self.workspace.keys, self.permit.the_case.id)


@pytest.fixture
def desk(open_again: Callable[..., Workspace], tmp_path: Path) -> Desk:
    photographs = [path for name in ("obama", "rose_leslie") for path in public(f"faces/{name}")]
    if not photographs:
        pytest.skip("the public photographs are not there")
    register = tmp_path / "register"
    for path in photographs:
        (register / path.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, register / path.parent.name)
    workspace = open_again(evaluation=True)
    case = workspace.open_case("S", of_missing_people())
    said = workspace.enrol_persons(register, status=Status.MISSING, case=case.id)
    assert said["enrolled"] == len(photographs)
    return Desk(workspace, Permit(workspace, case))


def test_everybody_gets_a_template_from_the_kept_crop_and_the_old_ones_go(desk: Desk) -> None:
    before = desk.vectors(OLD)
    said = redescribe(desk.workspace, desk.permit, NEW)
    assert (said.described, said.failed, said.dropped) == (len(before), [], len(before))
    assert desk.versions() == {embedder(NEW).version: len(before)}
    # The network is the same without the mirror image: nearly the same numbers, had the photographs been there.
    assert np.einsum("ij,ij->i", desk.vectors(NEW), before).min() > 0.97


def test_the_old_templates_stay_where_that_is_asked_for_and_are_never_mixed(desk: Desk) -> None:
    before = desk.vectors(OLD)
    redescribe(desk.workspace, desk.permit, NEW, keep_old=True)
    assert desk.versions() == {embedder(name).version: len(before) for name in (OLD, NEW)}
    assert np.array_equal(desk.vectors(OLD), before)


def test_a_run_that_was_cut_off_goes_on_where_it_stopped(desk: Desk) -> None:
    count = len(desk.vectors(OLD))
    redescribe(desk.workspace, desk.permit, NEW, keep_old=True)
    with desk.workspace.database.transaction() as connection:
        people = desk.people(connection)
        (first, *_) = people.everyone()
        gone = people.photos(first.id)[0]
        table = "person_template"
        connection.exec_driver_sql(
            f"DELETE FROM {table} WHERE sha256 = ? AND version = ?", (gone.sha256, embedder(NEW).version)
        )
    said = redescribe(desk.workspace, desk.permit, NEW)
    assert (said.described, said.again) == (1, count - 1)


def test_a_crop_that_cannot_be_used_keeps_its_old_template_and_everybody_else_s(desk: Desk) -> None:
    count = len(desk.vectors(OLD))
    with desk.workspace.database.transaction() as connection:
        people = desk.people(connection)
        (first, *_) = people.everyone()
        photo = people.photos(first.id)[0]
        from dataclasses import replace

        blob = desk.workspace.blobs.put(people.sealer(first.id), b"no picture")
        people.put_photo(first.id, replace(photo, blob=blob))
    said = redescribe(desk.workspace, desk.permit, NEW)
    assert [one["photo"] for one in said.failed] == [photo.name]
    assert said.dropped == 0
    assert desk.versions() == {embedder(OLD).version: count, embedder(NEW).version: count - 1}


def test_who_has_left_the_gallery_is_not_described_again(desk: Desk) -> None:
    with desk.workspace.database.transaction() as connection:
        (first, *_) = desk.people(connection).everyone()
    desk.workspace.withdraw_person(first.id, reason="back home", case=desk.permit.the_case.id)
    said = redescribe(desk.workspace, desk.permit, NEW)
    with desk.workspace.database.transaction() as connection:
        photos = desk.people(connection).photos(first.id)
        assert not any(
            desk.people(connection).has_template(first.id, one.sha256, said.version) for one in photos
        )


def test_an_embedder_that_is_not_there_is_refused_before_anything_is_done(desk: Desk) -> None:
    before = desk.versions()
    with pytest.raises(UsageError):
        redescribe(desk.workspace, desk.permit, "agency-9")
    assert desk.versions() == before
