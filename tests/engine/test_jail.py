"""The jail, tried for real on this kernel."""

from __future__ import annotations

from safelight.engine.jail import jail_status


def test_the_jail_holds_here_and_says_by_what() -> None:
    status = jail_status()
    assert status["holds"]
    assert "open" not in status
    assert "open a socket" in status["refused"]
    assert status["seccomp"]
    assert status["no_new_privs"]
    assert isinstance(status["landlock"], int)
