"""The verbs of retention: what is to be destroyed when, and destroying it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from safelight.governance.gate import Permit, verb
from safelight.verb_house import VerbHouse


class RetentionVerbs(VerbHouse):
    """Verbs over everything that has a period."""

    @verb("retention plan", case=False)
    def retention_plan(self, permit: Permit) -> list[dict[str, Any]]:
        """What is to be destroyed when, over all cases, the first first."""
        with permit.transaction() as connection:
            found = [one for _, _, due in _schedules(self, connection) for one in due]
        permit.detail = {"scheduled": len(found), "due": sum(one["is_due"] for one in found)}
        return sorted(found, key=lambda one: str(one["due"]))

    @verb("retention run", case=False, long=True)
    def retention_run(self, permit: Permit) -> list[dict[str, Any]]:
        """Destroy what is due: keys, then what they sealed; the raw store holds none of it afterwards."""
        from safelight.persons.desk import pending, schedule

        gone: list[dict[str, Any]] = []
        with permit.transaction() as connection:
            left = pending.left(connection, self.keys)  # what a run that was cut off did not come to
            for case_id, people, due in _schedules(self, connection):
                for one in due:
                    if one["is_due"]:
                        erased = schedule.destroy(
                            connection, self.keys, people, case_id, one["person"], self.actor
                        )
                        # Keys are not looked for one by one here: of thousands that would take hours.
                        only = replace(erased, traces=())
                        left.append(
                            pending.put(connection, self.keys, case_id, one["person"], self.actor, only)
                        )
                        gone.append(one)
        pending.finish(self, permit, left)
        permit.detail = {"destroyed": len(gone)}
        permit.subjects += [one["person"] for one in gone]
        return gone


def _schedules(house: RetentionVerbs, connection: Any) -> Iterator[tuple[str, Any, list[dict[str, Any]]]]:
    from safelight.governance import cases
    from safelight.persons.desk import schedule
    from safelight.persons.keep.people import People

    for case in cases.everything(connection, house.keys):
        people = People(connection, house.keys, case.id)
        due = schedule.scheduled(connection, people, case.id)
        yield case.id, people, [{"case": case.id, "case_name": case.name, **one} for one in due]


__all__ = ["RetentionVerbs"]
