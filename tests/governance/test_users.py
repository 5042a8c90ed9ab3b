"""Who may act under a name that is not the login: only who proves it, by a passphrase or key of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from safelight.errors import RefusedError, UsageError
from safelight.governance import users
from safelight.governance.users import Proof, os_account
from safelight.settings import Settings
from safelight.workspace import Workspace, open_workspace

WORDS = "correct horse battery staple"


def as_user(config: Settings, name: str, proof: Proof | None = None) -> Workspace:
    return open_workspace(config=config, actor=name, proof=None if proof is None else lambda: proof)


@pytest.fixture
def registered(config: Settings) -> Settings:
    """A workspace in which Meier has a passphrase."""
    with open_workspace(config=config) as opened:
        opened.add_user("Meier", Proof(WORDS))
    return config


def last_event(config: Settings) -> dict[str, Any]:
    with open_workspace(config=config) as opened:
        return opened.audit_show()[-1]


def test_their_own_passphrase_lets_a_person_act_under_their_name(registered: Settings) -> None:
    with as_user(registered, "Meier", Proof(WORDS)) as opened:
        opened.list_cases()
    event = last_event(registered)
    assert (event["actor"], event["os_account"], event["proven"]) == ("Meier", os_account(), True)


@pytest.mark.parametrize("proof", [Proof("not the right words"), Proof(), Proof(key_file=Path("/nowhere"))])
def test_without_it_everything_is_refused_and_logged_as_unproven(registered: Settings, proof: Proof) -> None:
    with as_user(registered, "Meier", proof) as opened, pytest.raises(RefusedError) as refused:
        opened.list_cases()
    assert refused.value.ground == "identity"
    assert WORDS not in str(refused.value) + refused.value.hint
    event = last_event(registered)
    assert (event["verb"], event["phase"], event["proven"]) == ("case list", "refused", False)


def test_nobody_registers_over_a_name_that_is_taken(registered: Settings) -> None:
    with open_workspace(config=registered) as opened:
        for name in ("Meier", "MEIER"):
            with pytest.raises(UsageError):
                opened.add_user(name, Proof("another passphrase"))


def test_whoever_is_removed_no_longer_acts(registered: Settings) -> None:
    with open_workspace(config=registered) as opened:
        opened.remove_user("Meier")
        assert opened.list_users() == []
    with as_user(registered, "Meier", Proof(WORDS)) as opened, pytest.raises(RefusedError):
        opened.list_cases()


def ssh(key: Any, _: None = None) -> bytes:
    return bytes(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption()))


def pem(key: Any, password: bytes | None = None) -> bytes:
    protection = form.BestAvailableEncryption(password) if password else form.NoEncryption()
    return bytes(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, protection))


@pytest.mark.parametrize(("write", "password"), [(ssh, None), (pem, None), (pem, b"opens the file")])
def test_a_key_file_of_their_own_proves_it_too(
    write: Callable[..., bytes], password: bytes | None, config: Settings, tmp_path: Path
) -> None:
    key = Ed25519PrivateKey.generate()
    private, public = tmp_path / "id", tmp_path / "id.pub"
    private.write_bytes(write(key, password))
    private.chmod(0o600)
    public.write_bytes(key.public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH))
    words = password.decode() if password else None
    with open_workspace(config=config) as opened:
        by_public = opened.add_user("Chen", Proof(key_file=public))
        by_private = opened.add_user("Li", Proof(words, private))
        assert by_public.fingerprint == by_private.fingerprint
        assert [one.by for one in opened.list_users()] == ["key", "key"]
    with as_user(config, "Chen", Proof(words, private)) as opened:
        opened.list_cases()
    if password:
        with as_user(config, "Chen", Proof(None, private)) as opened, pytest.raises(RefusedError):
            opened.list_cases()
    with as_user(config, "Chen", Proof(words, public)) as opened, pytest.raises(RefusedError):
        opened.list_cases()
    private.chmod(0o644)
    with as_user(config, "Chen", Proof(words, private)) as opened, pytest.raises(RefusedError) as refused:
        opened.list_cases()
    assert "chmod 600" in refused.value.hint


def test_weak_and_foreign_proofs_are_not_taken(config: Settings, tmp_path: Path) -> None:
    other = tmp_path / "rsa"
    other.write_bytes(ssh(generate_private_key(65537, 2048)))
    with open_workspace(config=config) as opened:
        for proof in (
            Proof("short"),
            Proof(""),
            Proof(),
            Proof(key_file=other),
            Proof(key_file=tmp_path / "no"),
        ):
            with pytest.raises(Exception) as wrong:  # why: usage or a missing key, both ours
                opened.add_user("Meier", proof)
            assert type(wrong.value).__module__ == "safelight.errors"
        for name in ("", " Meier", "Mei\ner"):
            with pytest.raises(UsageError):
                opened.add_user(name, Proof(WORDS))
        assert opened.list_users() == []


def test_the_environment_does_not_make_another_login(
    config: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "the-chief")
    with open_workspace(config=config) as opened:
        assert opened.actor == os_account() != "the-chief"
    with as_user(config, "the-chief") as opened, pytest.raises(RefusedError):
        opened.list_cases()


def test_names_on_trust_are_logged_as_not_proven(config: Settings) -> None:
    with open_workspace(config=config, actor="trainee", evaluation=True) as opened:
        opened.list_cases()
        assert opened.audit_show()[-1]["proven"] is False


def test_the_files_of_the_settings_are_asked(registered: Settings, tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.write_text(WORDS + "\n", encoding="utf-8")
    changed = registered.model_copy(update={"user": "Meier", "user_passphrase_file": words})
    with open_workspace(config=changed) as opened:
        opened.list_cases()
    gone = registered.model_copy(update={"user": "Meier", "user_passphrase_file": tmp_path / "no"})
    with pytest.raises(UsageError):
        open_workspace(config=gone)


@pytest.mark.parametrize("name", ["meier", "MEIER", "Me ier", "Ｍeier"])
def test_another_spelling_of_a_name_is_the_same_person(name: str, registered: Settings) -> None:
    assert users.same_person("Meier", name)
    with open_workspace(config=registered) as opened, pytest.raises(UsageError, match="'Meier' is a user"):
        opened.add_user(name, Proof(WORDS))


def test_what_cannot_be_seen_makes_no_other_name() -> None:
    assert users.same_person("Meier ", " Mei\u200ber")
    assert not users.same_person("Meier", "Meyer")


def test_nobody_is_registered_under_another_spelling_of_the_login(config: Settings) -> None:
    with open_workspace(config=config) as opened:
        for name in (os_account(), os_account().upper()):
            with pytest.raises(UsageError, match="login"):
                opened.add_user(name, Proof(WORDS))
