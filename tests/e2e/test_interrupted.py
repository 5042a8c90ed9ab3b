"""Ctrl-C in the middle of a scan: a sentence, no noise, and the next run goes on."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.command import SAFELIGHT, Command
from tests.evidence import images


@pytest.fixture
def command(tmp_path: Path) -> Command:
    made = Command(tmp_path)
    (tmp_path / "evidence").mkdir()
    for number in range(700):  # some seconds of work: a busy machine must not end first
        (tmp_path / "evidence" / f"{number}.jpg").write_bytes(images.jpeg(number, 640, 480))
    made.open_case(allow="hash-match")
    return made


def interrupt(command: Command, *more: str) -> tuple[int, str, str]:
    """Start a scan, press Ctrl-C once it has begun: the whole group hears it, as at a terminal."""
    run = subprocess.Popen(
        [SAFELIGHT, "scan", command.home / "evidence", "--workers", "1", *more],
        env=command.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    store = sqlite3.connect(command.home / "workspace" / "safelight.db")
    before = store.execute("SELECT count(*) FROM log_event").fetchone()[0]
    while store.execute("SELECT count(*) FROM log_event").fetchone()[0] == before and run.poll() is None:
        time.sleep(0.02)
    store.close()
    time.sleep(0.5)
    os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=60)
    return run.returncode, out, err


def test_an_interrupted_scan_says_what_to_do_and_is_resumed(command: Command) -> None:
    code, out, err = interrupt(command)
    assert (code, out) == (130, "")
    assert err == "Interrupted. Give the same command again and it goes on from there.\n"
    code, out, _ = interrupt(command, "--json")
    assert code == 130 and json.loads(out)["error"]["code"] == 130
    command.run("scan", command.home / "evidence", "--workers", "1")
    events = command.run("audit", "show", "--json").json
    phases = [event["phase"] for event in events if event["verb"] == "scan"]
    assert phases == ["begun", "failed", "resumed", "failed", "resumed", "ended"]


def test_who_interrupts_a_scan_with_a_budget_is_not_told_that_its_time_was_over(command: Command) -> None:
    command.run("scan", command.home / "evidence", "--workers", "1", "--budget", "0.01", code=5)
    assert "its time was over" in command.run("leads").err
    code, out, _ = interrupt(command, "--budget", "10m")
    assert (code, out) == (130, "")
    said = command.run("leads").err
    assert "it goes on, or was cut off" in said and "time was over" not in said
