"""Which step of a candidate's checklist somebody means, who types its beginning."""

from __future__ import annotations

from collections.abc import Sequence

from safelight.errors import UsageError


def step_meant(what: str, listed: Sequence[str], usual: Sequence[str]) -> str:
    """The step that is done: one that is on the list, else a usual one, by its name or by how it begins.

    Capitals and outer spaces do not count. UsageError, with the list, where none or several are meant.
    """
    wanted = what.strip().casefold()
    for some in (listed, usual):
        whole = [one for one in some if one.strip().casefold() == wanted]
        found = whole or [one for one in some if wanted and one.strip().casefold().startswith(wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"'{what}' may mean several steps: {_quoted(found)}.", "Type more of it.")
    steps = [*listed, *(one for one in usual if one not in listed)]
    raise UsageError(
        f"'{what}' is no step of this list: {_quoted(steps)}.",
        "Type how one of them begins, or put a new step on the list first (without --done).",
    )


def _quoted(steps: Sequence[str]) -> str:
    return "; ".join(f"'{one}'" for one in steps)


__all__ = ["step_meant"]
