"""A permit outside the gate, for tests of what a long verb does step by step."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from safelight.workspace import Workspace


@dataclass
class Permit:
    """Of a verb that is under way."""

    workspace: Workspace
    the_case: Any
    actor: str = "examiner"

    def transaction(self) -> AbstractContextManager[Any]:
        return self.workspace.database.transaction()
