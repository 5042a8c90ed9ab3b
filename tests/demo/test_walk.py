"""The evidence layer finds everything that was planted: where it lies, in which state, byte for byte."""

from __future__ import annotations

import hashlib

import pytest

from safelight.demo.truth import DemoExhibit, Role
from safelight.errors import EvidenceError
from safelight.evidence.protocol import Kind
from safelight.evidence.walk import walk
from safelight.model import State

pytestmark = pytest.mark.xdist_group("exhibit")  # one worker makes it, once

Place = tuple[tuple[bytes, ...], State, str]


@pytest.fixture(scope="module")
def found(exhibit: DemoExhibit) -> tuple[set[Place], set[tuple[bytes, ...]], dict[tuple[bytes, ...], str]]:
    """What a walk finds: files with their digests, other entries, and errors by trail."""
    files: set[Place] = set()
    others: set[tuple[bytes, ...]] = set()
    errors: dict[tuple[bytes, ...], str] = {}
    for image in exhibit.exhibits:
        for one in walk(image):
            trail = one.place.trail
            if one.kind is Kind.FILE:
                digest = hashlib.sha256()
                try:
                    for chunk in one.chunks():
                        digest.update(chunk)
                except EvidenceError as error:
                    errors[trail] = str(error)
                shown = (*trail[:-1], b"") if one.place.state is State.CARVED else trail
                files.add((shown, one.place.state, digest.hexdigest()))
            elif one.kind in (Kind.LINK, Kind.SPECIAL):
                others.add(trail)
            if one.error:
                errors[trail] = one.error
    return files, others, errors


def test_every_planted_file_is_found(exhibit: DemoExhibit, found: tuple[set[Place], object, object]) -> None:
    wanted = {(one.trail, one.state, one.sha256) for one in exhibit.planted if one.role is not Role.LINK}
    assert wanted - found[0] == set()


def test_links_and_devices_are_listed_and_not_opened(
    exhibit: DemoExhibit, found: tuple[object, set[tuple[bytes, ...]], object]
) -> None:
    assert {one.trail for one in exhibit.with_role(Role.LINK)} <= found[1]


def test_no_more_than_was_planted_is_deleted_or_carved(
    exhibit: DemoExhibit, found: tuple[set[Place], object, object]
) -> None:
    empty = hashlib.sha256().hexdigest()
    extra = {
        place
        for place in found[0]
        if place[1] in (State.DELETED, State.CARVED)
        and place[2] not in exhibit.digests(*Role)
        and place[2] != empty
    }
    assert extra == set()


@pytest.mark.parametrize("name", [b"private.zip", b"pack (1).zip", b"locked.7z", b"scans.zip"])
def test_archives_that_cannot_be_read_are_findings(
    name: bytes, found: tuple[object, object, dict[tuple[bytes, ...], str]]
) -> None:
    assert any(any(name in element for element in trail) for trail in found[2])
