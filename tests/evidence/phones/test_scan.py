"""A scan of a phone from end to end: notes and places of what messages refer to, a password that comes later."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from safelight.evidence.unlock import Keys
from safelight.model import Capability
from safelight.workspace import Workspace
from tests.conftest import authority

from .backups import ios_backup
from .made import picture, written
from .test_messengers import FRIEND, GROUP, IOS, WHEN

GROUP_DOMAIN = "AppDomainGroup-group.net.whatsapp.WhatsApp.shared"


def test_an_encrypted_backup_first_without_and_then_with_its_password(
    tmp_path: Path, open_again: Callable[..., Workspace]
) -> None:
    chats = written(tmp_path / "ChatStorage.sqlite", IOS)
    backup = ios_backup(
        tmp_path / "backup",
        {
            (GROUP_DOMAIN, "ChatStorage.sqlite"): chats.read_bytes(),
            (GROUP_DOMAIN, f"Message/Media/{GROUP}/a/b/x.jpg"): picture(1),
            (GROUP_DOMAIN, f"Message/Media/{GROUP}/a/b/x.thumb"): picture(2, 40),
        },
        "secret word",
    )
    workspace = open_again()
    workspace.open_case("phone", authority(Capability.HASH_MATCH, Capability.UNLOCK, Capability.EXPORT))

    locked = workspace.scan([backup])
    assert locked["unreadable"] == 1
    assert locked["media"] == 0

    opened = workspace.scan([backup], keys=Keys(("wrong", "secret word")))
    assert opened["unreadable"] == 0
    assert (opened["media"], opened["items"]) == (4, 2)  # each at its own place, and under its chat

    again = workspace.scan([backup], keys=Keys(("wrong", "secret word")))
    assert (again["unreadable"], again["media"], again["items"]) == (0, 4, 2)

    workspace.export("files", tmp_path / "files.csv")
    with (tmp_path / "files.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    below = f"Manifest.plist//{GROUP_DOMAIN}/ChatStorage.sqlite//Chats/Club ({GROUP})/{WHEN} {FRIEND}"
    assert rows[f"{below}/x.jpg"]["note"] == f"WhatsApp: from {FRIEND} in the chat “Club ({GROUP})” at {WHEN}"
    assert rows[f"{below}/x.jpg"]["modified"] == WHEN
    own = rows[f"Manifest.plist//{GROUP_DOMAIN}/Message/Media/{GROUP}/a/b/x.jpg"]
    assert own["sha256"] == rows[f"{below}/x.jpg"]["sha256"]
    assert "secret word" not in (tmp_path / "files.csv").read_text(encoding="utf-8")
