"""People alike in a store: found at ranking, kept under the case's key, and linked into what was linked before."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from safelight.reports.body import pack
from safelight.reports.identifiers.of_report import of_report
from safelight.reports.keep.columns import NONE, Builder, Row, content_hash, report_key
from safelight.reports.keep.store import ReportStore, Segment
from safelight.reports.linking import people_alike
from safelight.reports.linking.clusters import Edits
from safelight.reports.linking.kept import Links
from safelight.reports.linking.people_alike import PeopleAlike
from safelight.reports.linking.state import anew, bring_up
from safelight.reports.linking.world import World
from safelight.reports.report import Kind, Party, Report, Role, Stated
from safelight.store.keys import Sealer
from tests.reports.making import report

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def about(number: int, name: str, born: str = "1985-03-14", account: str | None = None) -> Report:
    said = (Stated(Kind.NAME, name), Stated(Kind.ACCOUNT, account or f"user-{number}", "Chatter One"))
    return report(number, parties=(Party(Role.REPORTED, said, birth_date=born),))


class House:
    """A store that segments are added to."""

    def __init__(self, folder: Path) -> None:
        self.store = ReportStore(folder, "C-1", Sealer(b"k" * 32))
        self.segments: list[Segment] = []
        self.current = np.zeros(0, dtype=bool)

    def add(self, *reports: Report, replaces: int = int(NONE)) -> None:
        builder, hashed = Builder(self.store.hashed, NOW), self.store.hashed
        for one in reports:
            packed = pack(one)
            row = Row(one, of_report(one), [], "DE")
            builder.add(row, packed, report_key(one, hashed), content_hash(packed, hashed), replaces)
        self.store.write(builder, len(self.segments))
        self.segments.append(Segment(len(self.segments), len(self.current), len(reports)))
        self.current = np.concatenate([self.current, np.ones(len(reports), dtype=bool)])
        if replaces != NONE:
            self.current[replaces] = False

    def people(self) -> PeopleAlike:
        return people_alike.bring_up(self.store, self.segments, self.current)

    def world(self, edits: Edits | None = None) -> World:
        people, count = self.people(), len(self.current)
        each = np.arange(count, dtype=np.int64)
        pairs, nobody = people.pairs(self.current), np.zeros(count, dtype=bool)
        return World(
            self.store, self.segments, self.current, each, each, edits or Edits(), nobody, pairs, people.mark
        )

    def links(self, edits: Edits | None = None) -> Links:
        return bring_up(self.world(edits))


def test_one_person_in_two_scripts_is_linked_probably_and_not_certainly(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.add(about(1, "Mohammed Al-Rashid"), about(2, "Someone Else", "1970-05-06"), about(3, "محمد الرشيد"))
    links = house.links()
    assert links.probable.tolist() == [0, 1, 0]
    assert links.certain.tolist() == [0, 1, 2]
    assert [(other, one.by) for other, one in house.people().of(0, house.current)] == [
        (2, "a name that sounds the same; born on the same day")
    ]


def test_a_new_report_is_linked_as_if_all_had_come_at_once(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.add(
        about(1, "Mohammed Al-Rashid"),
        about(2, "Zoltan Nemeth", account="one"),
        about(3, "Zoltan Nemeth", account="one"),
    )
    house.links()
    house.add(about(4, "محمد الرشيد"), about(5, "Németh Zoltán"))
    grown, afresh = house.links(), anew(house.world())
    assert grown.probable.tolist() == afresh.probable.tolist() == [0, 1, 1, 0, 1]
    assert grown.raw.tolist() == afresh.raw.tolist()


def test_links_made_before_hold_when_a_report_comes_that_touches_them(tmp_path: Path) -> None:
    """What likeness and people joined among old reports is still joined when their cluster is made anew."""
    house = House(tmp_path)
    house.add(
        about(1, "Mohammed Al-Rashid", account="zephyr77q"),
        about(2, "محمد الرشيد"),
        about(3, "Ida Else", "1970-05-06"),
    )
    joined = Edits(join=[(1, 2)])
    assert house.links(joined).probable.tolist() == [0, 0, 0]
    house.add(about(4, "Other Name", "1999-09-09", account="zephyr77q"))
    links = house.links(joined)
    assert links.probable.tolist() == [0, 0, 0, 0]
    assert links.certain.tolist() == [0, 1, 1, 0]


def test_a_later_version_that_names_another_person_is_no_longer_linked(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.add(about(1, "Mohammed Al-Rashid"), about(2, "محمد الرشيد"))
    assert house.links().probable.tolist() == [0, 0]
    house.add(about(2, "Ida Else", "1970-05-06"), replaces=1)
    assert house.links().probable[0] != house.links().probable[2]
    assert house.people().pairs(house.current) == ()


def test_what_was_found_is_kept_and_lies_nowhere_in_clear(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.add(about(1, "Mohammed Al-Rashid"), about(2, "محمد الرشيد"))
    first = house.people()
    assert house.people() == first
    house.store.vault.path(people_alike.NAME).write_bytes(b"damaged")
    assert house.people() == first
    for path in tmp_path.rglob("*.parquet"):
        assert b"rashid" not in path.read_bytes()
        assert b"sounds the same" not in path.read_bytes()
