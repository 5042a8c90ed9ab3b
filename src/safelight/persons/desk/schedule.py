"""What is to be destroyed when: templates and crops of people who are home or withdrawn, photographs searched with.

A probe is erased whole, so many days after it was searched with or, where people answered about it since, after that.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from safelight.persons.desk.erase import Erased, of_kept
from safelight.persons.keep.people import DESTROYED, ENROLLED, People, face_key
from safelight.persons.person import Status
from safelight.store.keys import KeyRing
from safelight.store.tables import person_act, person_template

SCHEDULE = "schedule"
"""The act that says when something of a person is to be destroyed."""
_WHY = "template and picture were destroyed on schedule: to compare this person again, enrol the photograph again"


def put(
    connection: sa.Connection, people: People, case_id: str, person_id: str, actor: str, days: int
) -> None:
    """Schedule the destruction of a person's templates (of a probe: of everything) in so many days."""
    clear(connection, case_id, person_id)
    due = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
    connection.execute(
        person_act.insert().values(
            case_id=case_id,
            kind=SCHEDULE,
            subject=person_id,
            made_by=actor,
            made_at=datetime.now(UTC).isoformat(),
            sealed=people.sealer(person_id).seal(due.encode(), f"schedule:{person_id}".encode()),
        )
    )


def clear(connection: sa.Connection, case_id: str, person_id: str) -> None:
    """Take what is scheduled for a person back."""
    mine = (person_act.c.case_id == case_id) & (person_act.c.kind == SCHEDULE)
    connection.execute(person_act.delete().where(mine & (person_act.c.subject == person_id)))


def scheduled(connection: sa.Connection, people: People, case_id: str) -> list[dict[str, Any]]:
    """What is to be destroyed of whom when, the first first."""
    rows = connection.execute(
        sa.select(person_act).where(person_act.c.case_id == case_id, person_act.c.kind == SCHEDULE)
    ).all()
    known = people.many([row.subject for row in rows])
    today = datetime.now(UTC).date().isoformat()
    found = []
    for row in rows:
        due = people.sealer(row.subject).unseal(row.sealed, f"schedule:{row.subject}".encode()).decode()
        kept = known[row.subject]
        what = "photograph searched with" if kept.register is Status.PROBE else "face template"
        found.append(
            {
                "person": row.subject,
                "person_id": kept.number,
                "what": what,
                "due": due,
                "is_due": due <= today,
            }
        )
    return sorted(found, key=lambda one: (one["due"], one["person"]))


def destroy(
    connection: sa.Connection, keys: KeyRing, people: People, case_id: str, person_id: str, actor: str
) -> Erased:
    """Destroy what is due of a person: of a probe everything, else templates and crops; blobs are left to delete."""
    kept = people.get(person_id)
    blobs = tuple(dict.fromkeys(one.blob for one in kept.photos if one.blob))
    if kept.register is Status.PROBE:
        return of_kept(connection, keys, case_id, kept)
    gone = keys.destroy(connection, face_key(person_id)) if keys.has(connection, face_key(person_id)) else 0
    mine = (person_template.c.case_id == case_id) & (person_template.c.person_id == person_id)
    rows = connection.execute(person_template.delete().where(mine)).rowcount
    for photo in kept.photos:
        if photo.state == ENROLLED:
            people.put_photo(person_id, replace(photo, state=DESTROYED, blob=None, why=_WHY))
        elif photo.blob:
            people.put_photo(person_id, replace(photo, blob=None))
    clear(connection, case_id, person_id)
    people.note(person_id, "template destroyed", actor, {"pictures": len(blobs)})
    return Erased(rows, gone, blobs, 0, ())
