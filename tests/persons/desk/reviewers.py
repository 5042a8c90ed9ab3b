"""What reviewers do: see what waits for them, and answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from safelight.persons.person import Verdict
from safelight.workspace import Workspace

Open = Callable[..., Workspace]


def listed(open_again: Open, who: str) -> set[str]:
    found = open_again(actor=who).next_review()
    return {one["id"] for one in found["candidates"]} if found else set()


def answer(open_again: Open, who: str, candidate: str, verdict: Verdict) -> dict[str, Any]:
    return open_again(actor=who).answer_review(candidate, verdict)
