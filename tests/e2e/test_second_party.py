"""What a second party keeps of the log: the public key, checkpoints, proofs of single events."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.e2e.command import Command


@pytest.fixture
def command(tmp_path: Path) -> Command:
    made = Command(tmp_path)
    made.open_case()
    return made


def kept(command: Command, name: str, *options: str) -> Path:
    file = command.home / name
    file.write_text(command.run("audit", "checkpoint", *options).out, encoding="utf-8")
    return file


def test_the_log_goes_on_from_checkpoints_that_were_kept(command: Command) -> None:
    first, second = kept(command, "first"), kept(command, "second", "--json")
    mailed = command.home / "mailed"
    mailed.write_bytes(b"\r\n" + first.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    given = [part for file in (first, second, mailed) for part in ("--checkpoint", str(file))]
    found = command.run("audit", "verify", *given, "--json").json
    assert found["ok"] and found["kept"] == [2, 3, 2]
    assert "goes on from the checkpoint of 2 events" in command.run("audit", "verify", *given).out


def test_a_log_that_was_put_back_and_went_on_otherwise_is_found_out(command: Command) -> None:
    """Whoever holds the signing key writes another end; the log agrees with itself, not with what was kept."""
    workspace, put_by = command.home / "workspace", command.home / "put by"
    shutil.copytree(workspace, put_by)
    command.run("case", "close")
    checkpoint = kept(command, "kept")
    shutil.rmtree(workspace)
    put_by.rename(workspace)
    for _ in range(3):
        command.run("case", "list")
    assert command.run("audit", "verify", "--json").json["ok"]
    found = command.run("audit", "verify", "--checkpoint", checkpoint, "--json", code=4)
    assert found.json["ok"] is False and found.json["first_bad"] <= 2
    assert "does not go on from a checkpoint that was kept" in found.err


def test_a_log_that_is_shorter_than_what_was_kept_is_found_out(command: Command) -> None:
    workspace, put_by = command.home / "workspace", command.home / "put by"
    shutil.copytree(workspace, put_by)
    command.run("case", "close")
    checkpoint = kept(command, "kept")
    said = command.run("--workspace", put_by, "audit", "verify", "--checkpoint", checkpoint, code=4).err
    assert "a checkpoint of 3 events exists, but only 2 are there" in said


def test_a_checkpoint_of_another_log_or_a_file_that_is_none_is_told_apart(command: Command) -> None:
    other = Command(command.home / "other")
    other.home.mkdir()
    other.open_case()
    foreign = kept(other, "foreign")
    assert (
        "not signed by the key of this log"
        in command.run("audit", "verify", "--checkpoint", foreign, code=4).err
    )
    nothing = command.home / "nothing"
    nothing.write_text("size 2\n", encoding="ascii")
    assert "is not a signed checkpoint" in command.run("audit", "verify", "--checkpoint", nothing, code=2).err
    command.run("audit", "verify", "--checkpoint", command.home / "missing", code=2)


def test_the_key_that_was_noted_must_be_that_of_the_log(command: Command) -> None:
    key = command.home / "workspace" / "audit.pub"
    command.run("audit", "verify", "--key", key)
    command.run("audit", "verify", "--key", key.read_text("ascii").strip())
    other = Command(command.home / "other")
    other.home.mkdir()
    noted = other.run("init", "--json").json["public_key"]
    found = command.run("audit", "verify", "--key", noted, "--json", code=4)
    assert found.json["ok"] is False and "not the one given" in found.json["reason"]


def test_a_proof_is_checked_with_the_key_alone(command: Command, tmp_path: Path) -> None:
    proof = command.home / "proof.json"
    proof.write_text(command.run("audit", "prove", "1").out, encoding="utf-8")
    key = command.home / "workspace" / "audit.pub"
    elsewhere = Command(tmp_path / "nowhere")
    elsewhere.home.mkdir()
    found = elsewhere.run("audit", "check-proof", proof, "--key", key, "--json").json
    assert found["ok"] and (found["event"]["seq"], found["event"]["verb"]) == (1, "case open")
    assert (
        "Event 1 is in the log of 2 events" in elsewhere.run("audit", "check-proof", proof, "--key", key).out
    )
    assert list(elsewhere.home.iterdir()) == []


@pytest.mark.parametrize("part", ["body", "index", "path", "checkpoint", "root", "leaf", "size"])
def test_a_proof_that_was_altered_proves_nothing(command: Command, part: str) -> None:
    proof = command.run("audit", "prove", "1").json
    if part == "path":
        proof[part] = [*proof[part][::-1], "00" * 32]
    elif isinstance(proof[part], int):
        proof[part] -= 1
    elif part == "checkpoint":
        proof[part] = proof[part].replace("\n2\n", "\n3\n")
    elif part == "body":
        proof[part] = proof[part].replace("case open", "case list")
    else:
        proof[part] = "00" * 32
    file = command.home / "proof.json"
    file.write_text(json.dumps(proof), encoding="utf-8")
    command.run("audit", "check-proof", file, "--key", command.home / "workspace" / "audit.pub", code=4)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"body": "x", "index": -1, "path": [], "checkpoint": ""}'])
def test_what_is_no_proof_is_wrong_usage(command: Command, text: str) -> None:
    file = command.home / "proof.json"
    file.write_text(text, encoding="utf-8")
    command.run("audit", "check-proof", file, "--key", command.home / "workspace" / "audit.pub", code=2)


def test_an_event_whose_row_was_changed_is_named_in_words(command: Command) -> None:
    store = sqlite3.connect(command.home / "workspace" / "safelight.db")
    store.execute("UPDATE log_event SET actor = 'somebody' WHERE seq = 1")
    store.commit()
    store.close()
    said = command.run("audit", "verify", code=4).err
    assert "are not those of its signed record. The first bad event is number 1." in said
