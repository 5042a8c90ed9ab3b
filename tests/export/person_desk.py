"""A missing-children desk in a workspace: two people with drawn pictures for photographs, a candidate and a foil."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from PIL import Image

from safelight.model import Authority, Basis, Capability, Ground
from safelight.persons.keep.pairs import KeptCandidate, Pairs, candidate_id
from safelight.persons.keep.people import ENROLLED, Kept, People, Photo, id_of
from safelight.persons.person import Days, Facts, Seen, Sex, Side, Span, Status, Weighed
from safelight.workspace import Workspace

MADE = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
VERSION = "mirrored-1+0123456789ab"
NAMES = ("Robin Example", "Робин Пример", "روبن مثال", "रोबिन उदाहरण", "罗宾 示例")
MISSING = Facts(
    names=NAMES,
    sex=Sex.FEMALE,
    born=Days.of(date(1990, 5, 3)),
    born_from="birth date",
    height=Span(160, 164),
    height_on=Days.of(date(2026, 2, 1)),
    marks=("scar on the left hand",),
    languages=("hi", "en"),
    seen=Seen("Example Town", "IN", days=Days.of(date(2026, 2, 1))),
    source="Police station 4",
)
FOUND = Facts(
    sex=Sex.FEMALE, seen=Seen("Sample City", days=Days.of(date(2026, 3, 1))), source="Shelter North"
)
WEIGHED = (
    Weighed("face", Side.FOR, "The faces are alike.", 3.2, "measured on public adults"),
    Weighed("height", Side.AGAINST, "Missing: 162 cm; found: 150 cm.", -0.8, "prior: one in ten is wrong"),
    Weighed("seen-after", Side.AGAINST, "Seen elsewhere after.", -1.5, "prior: dates", contradiction=True),
    Weighed("language", Side.UNKNOWN, "Of the found person, a language is not stated.", 0.0),
)


def allowing(*more: Capability) -> Authority:
    """The authority of a missing-persons case."""
    today = datetime.now(UTC).date()
    allows = frozenset({Capability.FACE_SEARCH, *more})
    return Authority(
        Basis.STATUTE,
        "MP/7",
        "Sample Ministry",
        today,
        today + timedelta(30),
        allows,
        "c.chief",
        Ground.MISSING_PERSON,
    )


def crop(width: int = 220, height: int = 220) -> bytes:
    """A drawn gradient in place of a photograph."""
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


@dataclass
class PersonDesk:
    """The workspace, and the ids of what is in it."""

    workspace: Workspace
    case: str
    found: str = ""
    missing: str = ""
    other: str = ""
    candidate: str = ""
    foil: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def enrol(self, number: str, status: Status, facts: Facts, photos: int = 1) -> str:
        """A person with this many pictures."""
        opened = self.workspace
        with opened.database.transaction() as connection:
            people = People(connection, opened.keys, self.case)
            person = id_of(people.case_sealer, status, number)
            people.add(Kept(person, status, number, status, facts))
            people.note(person, "enrolled", "anna", {"status": str(status), "where": "list.csv, line 2"})
            for at in range(photos):
                blob = opened.blobs.put(people.sealer(person), crop())
                people.put_photo(
                    person,
                    Photo(
                        f"{number}-{at}".encode().rjust(32, b"-"),
                        ENROLLED,
                        f"{number}-{at}.jpg",
                        quality=0.9 - at / 10,
                        box=(0.4, 0.4, 0.1, 0.1),
                        face=1,
                        faces=1,
                        blob=blob,
                    ),
                )
        return person

    def compare(self, probe: str, person: str, **said: Any) -> str:
        """A stored candidate of two people."""
        opened = self.workspace
        with opened.database.transaction() as connection:
            sealer = opened.keys.sealer(connection, self.case)
            kind = "foil" if said.get("foil") else "candidate"
            values = {"fmr": 8e-5, "expected": 0.4, "q": 0.12, "version": VERSION, **said}
            made = KeptCandidate(
                id=candidate_id(sealer, probe, person, kind), probe=probe, person=person, rank=1, similarity=0.95,
                weighed=WEIGHED, made_at=MADE, **values,
            )  # fmt: skip
            Pairs(connection, opened.keys, self.case).put([made])
        return made.id

    def events(self, verb: str) -> list[dict[str, Any]]:
        """What the log says of a verb."""
        return [one for one in self.workspace.audit_show() if one["verb"] == verb]


def desk(open_again: Callable[..., Workspace], *allows: Capability) -> PersonDesk:
    """A desk whose case also allows `allows`."""
    opened = open_again(evaluation=True, actor="anna")
    made = PersonDesk(opened, opened.open_case("desk", allowing(*allows)).id)
    made.found = made.enrol("F-1", Status.FOUND, FOUND, photos=2)
    made.missing = made.enrol("M-1", Status.MISSING, MISSING)
    made.other = made.enrol("M-2", Status.MISSING, Facts(names=("Somebody Else",)))
    made.candidate = made.compare(made.found, made.missing)
    made.foil = made.compare(made.found, made.other, foil=True, fmr=None)
    return made
