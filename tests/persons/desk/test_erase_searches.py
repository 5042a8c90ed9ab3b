"""Who is erased takes with them what was searched with the very same photograph; nobody else's search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from safelight.cli import person_lines
from safelight.persons.desk import schedule
from safelight.persons.keep.people import ENROLLED, Kept, People, Photo, id_of
from safelight.persons.person import Facts, Status
from safelight.store.blobs import BlobStore
from safelight.store.tables import person, person_act
from safelight.workspace import Workspace
from tests.export.person_desk import PersonDesk, crop, desk

OTHER = crop(90, 120)


@pytest.fixture
def at(open_again: Callable[..., Workspace]) -> PersonDesk:
    return desk(open_again)


def search(at: PersonDesk, name: str, file: bytes, picture: bytes = OTHER) -> str:
    """A photograph that was searched with and has a candidate, as a search stores it; its id."""
    opened = at.workspace
    with opened.database.transaction() as connection:
        people = People(connection, opened.keys, at.case)
        probe = id_of(people.case_sealer, Status.PROBE, name)
        people.add(Kept(probe, Status.PROBE, name, Status.PROBE, Facts()))
        blob = opened.blobs.put(people.sealer(probe), picture)
        people.put_photo(probe, Photo(file, ENROLLED, name, quality=0.5, blob=blob))
        people.put_template(probe, file, "v", b"numbers")
        schedule.put(connection, people, at.case, probe, "anna", 30)
    at.compare(probe, at.missing)
    return probe


def file_of(number: str, at: int = 0) -> bytes:
    """The digest of a photograph of the desk."""
    return f"{number}-{at}".encode().rjust(32, b"-")


def there(at: PersonDesk) -> set[str]:
    with at.workspace.database.transaction() as connection:
        return set(connection.scalars(sa.select(person.c.id)))


def erased(at: PersonDesk, who: str) -> dict[str, Any]:
    return at.workspace.erase_person(who, order="44 X 7/26")


def test_a_search_with_the_same_file_goes_with_its_picture_its_key_and_its_period(at: PersonDesk) -> None:
    probe = search(at, "p.jpg", file_of("F-1", 1))
    pictures = set(at.workspace.blobs.ids())
    told = erased(at, "F-1")
    assert told["searches"] == 1 and there(at) == {at.missing, at.other}
    # Two of F-1, of which the pictures are one file in the store, and that of the search.
    assert len(pictures) - len(set(at.workspace.blobs.ids())) == told["photographs"] == 2
    assert told["keys"] == 4
    with at.workspace.database.transaction() as connection:
        acts = sa.select(person_act.c.kind).where(person_act.c.subject == probe)
        assert connection.scalars(acts).all() == []


def test_every_face_of_the_file_that_was_searched_with_goes(at: PersonDesk) -> None:
    for number in (1, 2):
        search(at, f"p.jpg#{number}", file_of("F-1"))
    assert erased(at, "F-1")["searches"] == 2


def test_a_copy_of_the_file_with_the_same_crop_goes_too(at: PersonDesk) -> None:
    probe = search(at, "copy.jpg", b"copy".rjust(32, b"-"), crop())
    assert erased(at, "F-1")["searches"] == 1 and probe not in there(at)


def test_a_search_with_another_photograph_stays(at: PersonDesk) -> None:
    probe = search(at, "other.jpg", b"other".rjust(32, b"-"))
    told = erased(at, "F-1")
    assert told["searches"] == 0 and probe in there(at)


def test_a_search_that_was_withdrawn_goes_too(at: PersonDesk) -> None:
    probe = search(at, "p.jpg", file_of("F-1"))
    at.workspace.withdraw_person(probe, reason="Not needed.")
    assert erased(at, "F-1")["searches"] == 1


def test_who_erases_a_search_erases_that_alone(at: PersonDesk) -> None:
    first, second = (search(at, f"p.jpg#{number}", file_of("F-1")) for number in (1, 2))
    assert erased(at, first)["searches"] == 0
    assert second in there(at) and at.found in there(at)


def test_a_picture_that_is_gone_from_the_disk_stops_nothing(at: PersonDesk) -> None:
    search(at, "p.jpg", file_of("F-1"))
    for one in list(at.workspace.blobs.ids()):
        at.workspace.blobs.delete(one)
    assert erased(at, "F-1")["searches"] == 1


def test_it_is_said_in_counts_alone(at: PersonDesk) -> None:
    search(at, "secret-name.jpg", file_of("F-1"))
    told = erased(at, "F-1")
    event = at.events("persons erase")[-1]
    assert event["detail"]["searches"] == 1
    assert "secret-name" not in str(event) + str(told)
    assert "1 search made with the very same photograph is among it." in person_lines.erased(told)


def test_an_erasure_that_was_cut_off_still_says_how_many(
    at: PersonDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    search(at, "p.jpg", file_of("F-1"))

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(BlobStore, "delete", die)
        with pytest.raises(KeyboardInterrupt):
            erased(at, "F-1")
    assert erased(at, "F-1")["searches"] == 1
