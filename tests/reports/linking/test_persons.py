"""People alike: one person in several spellings is found, a name alone joins nobody, a flood costs nobody a link."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.reports.identifiers.sounds import person_tokens, sounds
from safelight.reports.keep.people import Someone, people_of, people_table
from safelight.reports.linking import likeness
from safelight.reports.linking.persons import Alike, alike, compare
from safelight.reports.report import Kind, Party, Report, Role, Spot, Stated

BORN = date(1985, 3, 14)


def someone(report: int, name: str, born: date | None = BORN, **said: Any) -> Someone:
    year = said.pop("year", born.year if born else None)
    return Someone(report, said.pop("role", Role.REPORTED), person_tokens(name), born, year, **said)


def joined(*people: Someone) -> set[tuple[int, int]]:
    return {(one.a, one.b) for one in alike(people)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mohammed Al-Rashid", "محمد الرشيد"),
        ("Abdul Rahman Hussain", "عبد الرحمن حسين"),
        ("Omar Said", "عمر سعيد"),
        ("Alexey Shcherbakov", "Алексей Щербаков"),
        ("Wladimir Kowaltschuk", "Володимир Ковальчук"),
        ("Rajesh Sharma", "राजेश शर्मा"),
        ("Wang Xiaoming", "王晓明"),
        ("Jörg Müller", "Mueller, Joerg"),
        ("Łukasz Kowalski", "Lukas Kowalsky"),
        ("Katherine Hartfield", "Catherine Hartfield"),
        ("Anna Maria Lindhofer", "Anna Lindhofer"),
    ],
)
def test_one_person_is_found_in_another_script_order_or_spelling(one: str, other: str) -> None:
    assert joined(someone(1, one), someone(2, other)) == {(1, 2)}


@pytest.mark.parametrize(
    ("born", "by"),
    [
        (date(1985, 3, 15), "digit"),
        (date(1985, 4, 13), "other"),
        (date(1958, 3, 14), "digit"),
    ],
)
def test_a_birth_date_off_by_one_digit_or_exchange_is_near_and_another_is_not(born: date, by: str) -> None:
    people = someone(1, "Zoltan Nemeth", country="HU"), someone(2, "Zoltan Nemeth", born, country="HU")
    assert joined(*people) == (set() if by == "other" else {(1, 2)})


def test_day_and_month_may_be_exchanged() -> None:
    found = alike(
        [someone(1, "Zoltan Nemeth", date(1985, 3, 4)), someone(2, "Zoltan Nemeth", date(1985, 4, 3))]
    )
    assert [one.by for one in found] == ["the same name; born on the same day with day and month exchanged"]


def test_a_name_alone_joins_nobody_however_rare() -> None:
    one, other = someone(1, "Zoltan Nemeth", None), someone(2, "Zoltan Nemeth", None)
    assert joined(one, other) == set()
    where: dict[str, Any] = {"country": "HU", "sex": "m"}
    assert (
        joined(someone(1, "Zoltan Nemeth", None, **where), someone(2, "Zoltan Nemeth", None, **where))
        == set()
    )


def test_a_name_and_a_town_join_and_another_country_of_one_name_does_not() -> None:
    here = someone(1, "Zoltan Nemeth", None, city="szeged", country="HU")
    assert joined(here, someone(2, "Németh Zoltán", None, city="szeged", country="HU")) == {(1, 2)}
    assert joined(here, someone(2, "Németh Zoltán", None, city="szeged", country="RO")) == set()


@pytest.mark.parametrize("day", [date(1985, 1, 1), None])
def test_a_year_or_the_first_of_january_says_less_than_a_day(day: date | None) -> None:
    assert joined(someone(1, "Zoltan Nemeth", day, year=1985), someone(2, "Zoltan Nemeth")) == set()


def test_twins_are_two() -> None:
    assert joined(someone(1, "Thomas Lindhofer"), someone(2, "Sophie Lindhofer")) == set()


def test_a_reported_person_is_never_a_child_of_another_report() -> None:
    assert joined(someone(1, "Zoltan Nemeth"), someone(2, "Zoltan Nemeth", role=Role.VICTIM)) == set()


def test_two_people_of_one_report_are_never_joined_nor_are_their_likes() -> None:
    assert joined(someone(1, "Zoltan Nemeth"), someone(1, "Zoltán Németh")) == set()
    found = joined(
        someone(1, "Maria Lindhofer"), someone(1, "Mario Lindhofer"), someone(2, "Maria Lindhofer")
    )
    assert found == {(1, 2)}


def test_a_name_that_many_have_needs_more_than_a_town() -> None:
    common = [
        someone(n, "Anna Bergmann", date(1950, 2, 1) + timedelta(days=40 * n), city="ulm") for n in range(300)
    ]
    pair = [someone(1000 + n, "Anna Bergmann", None, city="ulm") for n in range(2)]
    assert joined(*pair) == {(1000, 1001)}
    assert (1000, 1001) not in joined(*common, *pair)


def test_a_flood_of_one_name_or_one_day_is_bounded_and_told_and_costs_no_one_else_a_link() -> None:
    flood = [someone(n, f"Anna {_invented(n)}") for n in range(3000)]
    flood += [someone(3000 + n, "Anna Bergmann", None, city="ulm", year=1900 + n % 100) for n in range(3000)]
    others = [someone(9000, "Mohammed Al-Rashid"), someone(9001, "محمد الرشيد")]
    people = [*flood, *others]
    found = compare(people_table([one.report for one in people], people))
    assert found.passed_over > 0
    assert found.pairs < 64 * len(people)
    assert (9000, 9001) in {(one.a, one.b) for one in found.alike}
    assert max(_pieces(found.alike)) <= likeness.table()["settings"]["largest"]


def test_a_flood_makes_no_other_name_rarer() -> None:
    """Two who are just not likely enough to be one do not become so because thousands of others are told of."""
    common = [someone(n, "Anna Bergmann", date(1950, 2, 1) + timedelta(days=40 * n)) for n in range(400)]
    pair = [someone(9000 + n, "Anna Bergmann", None, year=1985, city="ulm") for n in range(2)]
    flood = [someone(1000 + n, f"Ida {_invented(n)}", date(1990, 6, 7)) for n in range(6000)]
    assert (9000, 9001) not in joined(*common, *pair)
    assert _probability(*common, *pair, *flood) == pytest.approx(_probability(*common, *pair), abs=0.01)


def _probability(*people: Someone) -> float:
    """Of the last two of one description, with the threshold out of the way."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setitem(likeness.table()["settings"], "threshold", 0.0)
        return {(one.a, one.b): one.probability for one in alike(people)}[9000, 9001]


def _invented(number: int) -> str:
    return "".join(chr(98 + int(digit)) + "ae"[int(digit) % 2] for digit in f"{number:05d}")


def _pieces(links: list[Alike]) -> list[int]:
    of: dict[int, set[int]] = {}
    for one in links:
        both = of.get(one.a, {one.a}) | of.get(one.b, {one.b})
        for each in both:
            of[each] = both
    return [len(one) for one in of.values()]


def test_new_reports_are_compared_with_all_and_what_was_found_stays() -> None:
    people = [
        someone(0, "Mohammed Al-Rashid"), someone(1, "محمد الرشيد"),
        someone(2, "Zoltan Nemeth"), someone(3, "Zoltán Németh", sex="m"),
    ]  # fmt: skip
    kept = Alike(0, 1, 0.97, "as it was found")
    found = compare(people_table([0, 1, 2, 3], people), fresh=3, kept=[kept])
    assert [(one.a, one.b) for one in found.alike] == [(0, 1), (2, 3)]
    assert kept in found.alike


def test_very_many_people_are_compared_by_exact_birth_date_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(likeness.table()["settings"], "many_people", 3)
    people = [
        someone(0, "Mohammed Al-Rashid"), someone(1, "محمد الرشيد"),
        someone(2, "Zoltan Nemeth", country="HU"), someone(3, "Zoltan Nemeth", date(1985, 3, 15), country="HU"),
    ]  # fmt: skip
    assert joined(*people) == {(0, 1)}


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.text(max_size=30), st.none() | st.dates()), max_size=5))
def test_whatever_names_say_links_are_between_two_reports_and_likely(
    said: list[tuple[int, str, date | None]],
) -> None:
    people = [someone(number, name or "x", born) for number, name, born in said]
    for one in alike([one for one in people if one.tokens]):
        assert one.a < one.b
        assert one.probability >= 0.95


def test_weights_are_probabilities_that_add_up() -> None:
    for levels in likeness.table()["levels"].values():
        of_all = [one for one in levels if one["code"] != "year"]  # that is of people whose day is not known
        assert sum(one["m"] for one in of_all) == pytest.approx(1, abs=0.02)
        assert sum(one["u"] for one in of_all) == pytest.approx(1, abs=0.02)


def test_one_sound_is_written_in_many_ways() -> None:
    for name in ("Mohammed", "Muhammad", "Мухаммед", "محمد", "मोहम्मद"):
        assert sounds(person_tokens(name)) == ("mhmd",)


def test_people_of_a_report_have_a_name_and_something_more() -> None:
    def party(name: str, **more: Any) -> Party:
        return Party(more.pop("role", Role.REPORTED), (Stated(Kind.NAME, name),), **more)

    town = Spot("address", country="Hungary", city="Szeged, Csongrád")
    parties = (
        party("Zoltán Németh", birth_date="1985-03-14", facts={"gender": "Male"}),
        party("Eva Kis", role=Role.VICTIM, spots=(town,)),
        party("Zoltan Nemeth"),  # nothing more is known
        party("Zoltan", birth_date="1985-03-14"),  # not enough of a name
        party("John Doe", birth_date="1985-03-14"),  # nobody
        party("Ada Byron", birth_date="03/04/1985", spots=(Spot("estimated", city="Szeged"),)),
        party("Ida Noddack", birth_date="1985-03-14", role=Role.REPORTER),
    )
    assert list(people_of(Report("1", "cybertip", parties=parties))) == [
        Someone(0, Role.REPORTED, ("nemeth", "zoltan"), BORN, 1985, None, None, "m"),
        Someone(0, Role.VICTIM, ("eva", "kis"), None, None, "HU", "szeged", None),
        Someone(0, Role.REPORTED, ("ada", "byron"), None, 1985, None, None, None),
    ]


CONFINED = """
import os, sys
sys.dont_write_bytecode = True
from datetime import date
import duckdb, pyseccomp, splink
from splink import DuckDBAPI
from safelight.reports.linking.persons import Someone, alike
from safelight.reports.report import Role

kills = pyseccomp.SyscallFilter(defaction=pyseccomp.ALLOW)
for call in ("socket", "connect", "mkdir", "mkdirat", "rename", "unlink", "creat"):
    kills.add_rule(pyseccomp.KILL_PROCESS, call)
for flag in (os.O_WRONLY, os.O_RDWR, os.O_CREAT):
    kills.add_rule(pyseccomp.KILL_PROCESS, "openat", pyseccomp.Arg(2, pyseccomp.MASKED_EQ, flag, flag))
kills.load()
born = date(1985, 3, 14)
said = (Role.REPORTED, ("nemeth", "zoltan"), born, 1985), (Role.REPORTED, ("nemet", "zoltan"), born, 1985)
print(len(alike([Someone(number, *one) for number, one in enumerate(said)])), flush=True)
"""
"""A process that the kernel ends when it opens a socket, or a file for writing, whatever library does so."""


def confined(folder: Path, then: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"HOME": str(folder), "TMPDIR": str(folder), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, "-c", CONFINED + then], cwd=folder, env=environment, capture_output=True, text=True
    )


def test_comparing_opens_no_connection_writes_no_file_and_is_quiet(tmp_path: Path) -> None:
    done = confined(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize(
    "then", ["import socket; socket.socket()", "open('x', 'w')", "duckdb.connect('x.db')"]
)
def test_whoever_does_is_ended(tmp_path: Path, then: str) -> None:
    assert confined(tmp_path, then).returncode == -signal.SIGSYS


def test_duckdb_may_neither_read_nor_write_nor_be_talked_out_of_it() -> None:
    import duckdb

    confined = duckdb.connect(":memory:")
    for statement in likeness.CONFINED:
        confined.execute(statement)
    for statement in (
        "COPY (SELECT 1) TO 'x.csv'",
        "INSTALL httpfs",
        "SET temp_directory = '/tmp'",
        "SET enable_external_access = true",
        "SELECT * FROM read_csv('/etc/passwd')",
    ):
        with pytest.raises(duckdb.Error):
            confined.execute(statement)
    confined.close()
