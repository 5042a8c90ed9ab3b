"""Android backups: compressed or not, encrypted or not, versions 1 to 5; built from the published layout."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.scope import Scope
from safelight.evidence.unlock import Keys
from safelight.model import LOCKED

from .backups import android_backup
from .made import everything, members, picture, said

FILES = {
    "apps/org.example.camera/_manifest": b"1\norg.example.camera\n",
    "apps/org.example.camera/f/cache/a.jpg": picture(1),
    "shared/0/DCIM/Camera/b.jpg": picture(2, 200),
}
KEYS = Limits(keys=Keys(("wrong", "gehéim 密")))


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("compressed", [True, False])
def test_members_are_apps_and_shared_files(version: int, compressed: bool, tmp_path: Path) -> None:
    path = tmp_path / "x.ab"
    path.write_bytes(android_backup(FILES, compressed=compressed, version=version))
    found = everything(path)
    assert members(found) == FILES
    times = [one.place.times.modified for one, _ in found if len(one.place.trail) > 1]
    assert {time.value for time in times if time} == {"2023-11-14T22:15:00Z"}
    assert not [one.error for one, _ in found if one.error]


@pytest.mark.parametrize("compressed", [True, False])
def test_an_encrypted_one_opens_with_its_password(compressed: bool, tmp_path: Path) -> None:
    path = tmp_path / "x.ab"
    path.write_bytes(android_backup(FILES, "gehéim 密", compressed=compressed))
    found = everything(path, limits=KEYS)
    assert members(found) == FILES
    assert said(found) == ["opened with password 2 of 2"]


@pytest.mark.parametrize("keys", [Keys(), Keys(("wrong",))])
def test_without_its_password_it_is_locked(keys: Keys, tmp_path: Path) -> None:
    (tmp_path / "x.ab").write_bytes(android_backup(FILES, "secret"))
    found = everything(tmp_path / "x.ab", limits=Limits(keys=keys))
    assert not members(found)
    assert [text for text in said(found) if LOCKED in text and "encrypted Android backup" in text]


def test_another_program_reads_what_the_tests_make(tmp_path: Path) -> None:
    other = pytest.importorskip("android_backup")
    (tmp_path / "x.ab").write_bytes(android_backup(FILES, "secret"))
    with other.AndroidBackup(str(tmp_path / "x.ab"), password="secret", stream=False) as backup:
        assert [member.name for member in backup.list()] == list(FILES)


def test_the_scope_holds_inside(tmp_path: Path) -> None:
    (tmp_path / "x.ab").write_bytes(android_backup(FILES))
    found = everything(tmp_path / "x.ab", Scope.parse(("shared/0/DCIM/**",)))
    assert {name for name, content in members(found).items() if content} == {"shared/0/DCIM/Camera/b.jpg"}
    found = everything(tmp_path, Scope.parse(("x.ab", "shared/0/DCIM/**")))
    assert {name for name, content in members(found).items() if content} == {"shared/0/DCIM/Camera/b.jpg"}


def test_one_that_is_cut_gives_what_is_there(tmp_path: Path) -> None:
    whole = android_backup(FILES)
    for end in (*range(0, 64), len(whole) // 2, len(whole) - 5):
        (tmp_path / "x.ab").write_bytes(whole[:end])
        found = everything(tmp_path / "x.ab")
        if end > 16:
            assert [one.error for one, _ in found if one.error], end
    assert "apps/org.example.camera/_manifest" in members(found)


def test_damaged_ones_never_break_it(tmp_path: Path) -> None:
    wholes = [android_backup({"apps/a/b": b"x" * 3000}, password, rounds=2) for password in (None, "secret")]
    rng, begun = random.Random(4), time.monotonic()
    for _ in range(150):
        data = bytearray(rng.choice(wholes))
        for _ in range(rng.choice((1, 4))):
            data[rng.randrange(len(data) if rng.random() < 0.3 else min(700, len(data)))] = rng.randrange(256)
        (tmp_path / "x.ab").write_bytes(data)
        for one, _ in everything(tmp_path / "x.ab", limits=Limits(keys=Keys(("secret",)))):
            assert one.error is None or "reader failed" not in one.error, one.error
            assert one.kind is not Kind.FOLDER
    assert time.monotonic() - begun < 20
