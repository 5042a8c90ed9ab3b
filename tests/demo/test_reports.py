"""Invented reports: proportions, a truth that holds, wording kept apart, nothing real."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from safelight.demo.reports.folder import write_folder
from safelight.demo.reports.generate import generate
from safelight.demo.reports.made import Made
from safelight.demo.reports.telling import DECOYS
from safelight.demo.reports.wording import HELD, details, sentences
from safelight.demo.reports.world import CARRIERS, digests, known_file, language_weights, world
from safelight.errors import UsageError
from safelight.reports.reading.situations import CODES, DANGER
from safelight.reports.report import Annotation, Kind, Role
from safelight.reports.scoring.observe import observe
from safelight.reports.words import free_texts

NOW = datetime(2026, 11, 21, tzinfo=UTC)
OURS = re.compile(
    r"(?:[\w-]+\.)*example\.(?:com|org|net)|203\.0\.113\.\d+|2001:db8:[0-9a-f:]+|198\.51\.100\.\d+|192\.0\.2\.\d+"
)


@pytest.fixture(scope="module")
def made() -> list[Made]:
    """Three thousand reports in test wording."""
    return list(generate(3_000, 5))


@pytest.fixture(scope="module")
def newest(made: list[Made]) -> list[Made]:
    """The newest version of each."""
    return list({one.report.report_id: one for one in made}.values())


def test_as_many_reports_are_made_as_were_asked_for(newest: list[Made]) -> None:
    assert len(newest) == 3_000


def test_less_than_one_in_a_hundred_tells_of_a_child_in_danger(newest: list[Made]) -> None:
    assert 0.005 <= sum(one.in_danger for one in newest) / len(newest) <= 0.009


def test_a_share_that_is_asked_for_is_kept() -> None:
    assert sum(one.in_danger for one in generate(1_000, 1, danger=0.05) if one.version == 1) >= 50


def test_fifteen_to_thirty_percent_of_the_others_are_decoys(newest: list[Made]) -> None:
    others = [one for one in newest if not one.in_danger]
    assert 0.15 <= sum(one.situation in DECOYS for one in others) / len(others) <= 0.30


def test_some_dangers_are_told_by_no_words() -> None:
    why = Counter(
        one.why for seed in range(6) for one in generate(2_000, seed) if one.in_danger and one.version == 1
    )
    thin = why["no text"] + why["misleading type"] + why["links only"]
    assert 0.05 <= thin / why.total() <= 0.2
    assert min(why["no text"], why["misleading type"], why["links only"]) > 0


def test_equal_seeds_make_equal_reports() -> None:
    assert list(generate(300, 9)) == list(generate(300, 9))


def test_another_seed_makes_other_reports() -> None:
    texts = [{text.text for one in generate(300, seed) for text in one.report.texts} for seed in (1, 2)]
    people = [
        {i.value for one in generate(300, s) for p in one.report.parties for i in p.identifiers}
        for s in (1, 2)
    ]
    assert texts[0] != texts[1]
    assert len(people[0] & people[1]) < 0.1 * len(people[0])


@pytest.mark.parametrize("language", sorted(sentences("test")))
def test_every_situation_has_fifteen_test_sentences(language: str) -> None:
    said = sentences("test")[language]
    assert set(said) == set(CODES)
    assert min(len(set(some)) for some in said.values()) >= 15


def test_training_and_test_wording_share_no_sentence() -> None:
    def all_of(wording: Any) -> set[str]:
        of_files = {
            one for by_code in sentences(wording).values() for some in by_code.values() for one in some
        }
        return {
            _squeezed(one) for one in of_files | {one for some in details(wording).values() for one in some}
        }

    assert len(all_of("test")) > 3_000
    assert sorted(all_of("test") & all_of("training")) == []


def test_reports_in_training_wording_hold_no_test_sentence() -> None:
    trained = {one for by_code in sentences("training").values() for some in by_code.values() for one in some}
    testing = {
        one for by_code in sentences("test").values() for some in by_code.values() for one in some
    } - trained
    words = " ".join(text.text for one in generate(400, 3, wording="training") for text in one.report.texts)
    assert not [one for one in testing if one in words]


def test_a_danger_that_is_told_is_told_in_a_sentence_of_its_situation(made: list[Made]) -> None:
    told = [one for one in made if one.in_danger and one.why == "text"]
    assert told
    for one in told:
        words = " ".join(free_texts(one.report))
        later = any(two.version > one.version for two in made if two.report.report_id == one.report.report_id)
        assert later or any(said in words for said in sentences("test")[one.language][one.situation])


def test_no_other_report_holds_a_sentence_of_danger_unless_it_was_taken_back(made: list[Made]) -> None:
    dangers = {said for by_code in sentences("test").values() for code in DANGER for said in by_code[code]}
    for one in made:
        if not one.in_danger and one.why != "retracted":
            words = " ".join(free_texts(one.report))
            assert not [said for said in dangers if said in words], one.report.report_id


def test_what_is_found_by_links_only_names_somebody_whose_danger_is_told_elsewhere() -> None:
    linked = 0
    for seed in range(8):
        by_person = defaultdict(list)
        reports = list(generate(2_000, seed))
        for one in reports:
            by_person[one.person].append(one)
        for one in reports:
            if one.why == "links only":
                linked += 1
                told = [two for two in by_person[one.person] if two.why == "text"]
                assert any(_reported(one) & _reported(two) for two in told)
                assert one.report.escalation is None
    assert linked


def test_one_carrier_address_has_hundreds_of_people(newest: list[Made]) -> None:
    people = defaultdict(set)
    for one in newest:
        for party in one.report.parties:
            for stated in party.identifiers:
                if stated.kind is Kind.IP:
                    people[stated.value].add(one.person)
    assert all(len(people[address]) > 300 for address in CARRIERS)


def test_carrier_addresses_come_with_and_without_ports(newest: list[Made]) -> None:
    captures = [
        stated
        for one in newest
        for party in one.report.parties
        for stated in party.identifiers
        if stated.value in CARRIERS
    ]
    assert 0.2 < sum(one.port is not None for one in captures) / len(captures) < 0.8


def test_a_viral_file_comes_from_many_people(newest: list[Made]) -> None:
    senders = defaultdict(set)
    for one in newest:
        if one.why == "viral file":
            senders[one.report.files[0].digests["md5"]].add(one.person)
    assert sorted(len(some) for some in senders.values()) == [60, 90]


def test_one_sender_sends_a_burst_on_one_day(newest: list[Made]) -> None:
    burst = [one.report for one in newest if one.why == "spam burst"]
    assert len(burst) == 165
    assert len({one.provider for one in burst}) == 1
    assert len({(one.received or "")[:10] for one in burst}) <= 2


def test_people_are_reported_by_several_providers_under_the_same_mailbox(newest: list[Made]) -> None:
    providers = defaultdict(set)
    for one in newest:
        for party in one.report.parties:
            if party.role is Role.REPORTED:
                for stated in party.identifiers:
                    if stated.kind is Kind.EMAIL:
                        providers[stated.value].add(one.report.provider)
    assert sum(len(some) > 1 for some in providers.values()) > 50


def test_a_child_under_blackmail_may_be_the_reported_account() -> None:
    ages = [
        observe(one.report, NOW).get("victim-account")
        for seed in range(8)
        for one in generate(1_500, seed, danger=0.05)
        if one.situation == "coercion" and one.in_danger
    ]
    assert 0.1 < sum(age is not None for age in ages) / len(ages) < 0.6


def test_structure_alone_does_not_tell_danger_from_the_rest() -> None:
    """No single sign is in most dangerous reports and in few of the others."""
    counts = {True: Counter[str](), False: Counter[str]()}
    total = Counter[bool]()
    for seed in range(4):
        for one in generate(1_500, seed, danger=0.06):
            total[one.in_danger] += 1
            counts[one.in_danger].update(observe(one.report, NOW).keys())
    for sign in counts[True]:
        assert counts[True][sign] / total[True] < 0.6, sign
    assert 0.05 < counts[True]["escalated"] / total[True] < 0.5
    assert 0.06 < counts[False]["enticement"] / total[False] < 0.14


def test_nothing_points_to_a_real_address(made: list[Made]) -> None:
    host = re.compile(r"[\w.+-]+@([\w.-]+)|https?://([^/\s]+)")
    for one in made:
        for party in one.report.parties:
            for stated in party.identifiers:
                if stated.kind is Kind.IP:
                    assert OURS.fullmatch(stated.value)
                elif stated.kind is Kind.EMAIL:
                    assert OURS.fullmatch(stated.value.rpartition("@")[2])
        for group in one.report.groups:
            assert all(OURS.fullmatch(found[1]) for found in host.findall(group.value))
        for text in free_texts(one.report):
            assert not re.search(r"https?://|www\.|[\w.]@[\w.]", text)


def test_telephone_numbers_are_of_ranges_kept_free_for_films(made: list[Made]) -> None:
    free = re.compile(r"\+44 7700 900\d{3}|\+1 \d{3} 555 01\d\d|\+49 171 39200\d\d|\+33 6 39 98 \d\d \d\d")
    numbers = [
        stated.value
        for one in made
        for party in one.report.parties
        for stated in party.identifiers
        if stated.kind is Kind.PHONE
    ]
    assert numbers and all(free.fullmatch(number) for number in numbers)


def test_surnames_are_words_for_sample(made: list[Made]) -> None:
    known = {last for _, lasts in world(1, language_weights()).names.values() for last in lasts}
    names = {
        stated.value
        for one in made
        for party in one.report.parties
        for stated in party.identifiers
        if stated.kind is Kind.NAME and not (party.role is Role.REPORTER and one.report.format == "cybertip")
    }
    assert names and all(any(name.endswith(last) for last in known) for name in names)


def test_reports_arrive_in_order(made: list[Made]) -> None:
    times = [one.report.received or "" for one in made]
    assert times == sorted(times)


def test_a_later_version_bears_the_number_of_an_earlier_one(made: list[Made]) -> None:
    first = {one.report.report_id for one in made if one.version == 1}
    later = [one.report.report_id for one in made if one.version == 2]
    assert len(later) > 10 and first.issuperset(later)


def test_what_is_taken_back_is_no_danger(made: list[Made]) -> None:
    taken_back = [one for one in made if one.retraction]
    assert taken_back
    assert all(not one.in_danger and Annotation.RETRACTED in one.report.annotations for one in taken_back)


def test_only_the_languages_asked_for_are_spoken() -> None:
    spoken = {one.language for one in generate(400, 2, languages=("tr", "ar"))}
    assert spoken == {"tr", "ar", "none"}


def test_in_even_languages_dangers_are_told_evenly() -> None:
    spoken = [code for code in HELD if code in sentences("test")]
    told = Counter(
        one.language
        for seed in range(2)
        for one in generate(2_000, seed, languages=spoken, danger=0.05)
        if one.in_danger and one.why == "text" and one.version == 1
    )
    assert set(told) == set(spoken)
    assert max(told.values()) < 2.5 * min(told.values())


@pytest.mark.parametrize(("count", "languages"), [(10, None), (100, ("xx",))])
def test_what_cannot_be_made_is_said_so(count: int, languages: tuple[str, ...] | None) -> None:
    with pytest.raises(UsageError):
        generate(count, 1, languages=languages)


def test_the_truth_stands_beside_the_folder_to_import(tmp_path: Path) -> None:
    reports = list(generate(300, 6))
    written = write_folder(tmp_path, reports)
    with written.labels.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert len(rows) == written.reports == 300
    dangerous = {one.report.report_id for one in reports if one.in_danger}
    assert {row["report_id"] for row in rows if row["label"] == "1"} == dangerous
    assert not list(written.inbox.rglob("labels.csv"))


def test_every_form_is_in_the_folder(tmp_path: Path) -> None:
    written = write_folder(tmp_path, generate(800, 6))
    names = " ".join(str(one.relative_to(written.inbox)) for one in written.inbox.rglob("*") if one.is_file())
    for wanted in (
        "report.xml",
        "fileDetails1.xml",
        "cybertip.xml",
        "police.json",
        "hotline.json",
        "hotline.csv",
        ".eml",
    ):
        assert wanted in names


def test_known_files_are_on_the_list_and_new_ones_are_not(tmp_path: Path) -> None:
    made = list(generate(500, 6))
    listed = set(write_folder(tmp_path, made).known.read_text(encoding="ascii").split())
    stated = {file.digests["md5"] for one in made for file in one.report.files}
    assert digests(known_file(17))["md5"] in listed
    assert 0.2 < len(stated & listed) / len(stated) < 0.9


def test_numbers_of_later_documents_follow(made: list[Made]) -> None:
    numbers = [
        int(one.report.report_id) for one in made if one.report.format == "cybertip" and one.version == 1
    ]
    assert all(later > earlier for earlier, later in pairwise(numbers))


def _reported(one: Made) -> set[str]:
    kinds = (Kind.EMAIL, Kind.DEVICE)
    parties = [party for party in one.report.parties if party.role is Role.REPORTED]
    return {stated.value for party in parties for stated in party.identifiers if stated.kind in kinds}


def _squeezed(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold())
