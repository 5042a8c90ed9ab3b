"""The report on stacks: what is exactly on a list stands in full, wherever in its stack it lies."""

from __future__ import annotations

from dataclasses import replace

from safelight.export.protocol import ExportOptions, LeadView
from safelight.export.summary import MEMBERS
from safelight.model import Band, HashSetKind, Match, Reason, State

from .page import Page, section, written
from .parts import lead, place, view
from .sample import Sample, rich

EXACT = Match("National list, March", HashSetKind.KNOWN_ILLEGAL, "4711", "md5", 0, "1")
NEAR = Match("National list, March", HashSetKind.KNOWN_ILLEGAL, "4711", "pdq", 6, "1")
LOOKS = Reason("near-known", "Looks like entry 4711: 6 of 256 bits differ (PDQ).", 0.65)
HELD = Reason("known-illegal", "Exactly the file that 'National list, March' holds.", 0.28)


def near(number: int, priority: float = 0.9, stack: str = "s1") -> LeadView:
    found = lead(number, f"n{number}", Band.URGENT, priority, stack, matches=(NEAR,), reasons=(LOOKS,))
    return view(number, found, f"n{number}", place("x1", "p2", f"near/{number}.jpg", day=number % 300))


def exact(number: int, priority: float = 0.4, stack: str = "s1") -> LeadView:
    found = lead(number, f"e{number}", Band.NORMAL, priority, stack, matches=(EXACT,), reasons=(HELD,))
    places = (
        place("x1", "p2", f"known/{number}.jpg", day=7),
        place("x2", "old.zip", "in.zip", f"{number}-again.jpg", state=State.EMBEDDED, day=8),
    )
    return view(number, found, f"e{number}", *places)


def of(*views: LeadView) -> Sample:
    sizes = {one.lead.stack: sum(two.lead.stack == one.lead.stack for two in views) for one in views}
    return replace(rich(), lead_views=[replace(one, stack_size=sizes[one.lead.stack]) for one in views])


def test_an_exact_match_below_the_first_of_its_stack_stands_in_full() -> None:
    said = section(Page(written(of(near(1), exact(2)))), 5)
    below = said.split("The others of this stack: 1")[1]
    assert "exactly on a list" in below
    assert "National list, March known-illegal 4711 md5, identical 1" in below
    assert "x1 laptop.E01 › partition 2 › /known/2.jpgpartition 2, inode 4007" in below
    assert "x2 usb › old.zip › in.zip › 2-again.jpg" in below
    assert "modified 2024-01-08" in below
    for digest in (exact(2).digests.md5, exact(2).digests.sha1, exact(2).digests.sha256):
        assert digest.hex() in below


def test_a_near_copy_below_says_what_it_is_near_and_where_it_lies() -> None:
    said = section(Page(written(of(near(1), near(2, 0.8)))), 5)
    below = said.split("The others of this stack: 1")[1]
    assert "known-illegal, entry 4711, by pdq, 6 of 256 bits apart, category 1" in below
    assert "x1: laptop.E01//p2/near/2.jpg, allocated" in below
    assert near(2).lead.sha256 in below


def test_the_table_leads_to_every_lead_that_is_described_and_names_its_entries() -> None:
    page = Page(written(of(near(1), exact(2), near(3, 0.3))))
    links = [str(attributes["href"]) for tag, attributes in page.elements if tag == "a"]
    assert {"#L1", "#L2", "#L3"} <= set(links)
    assert "National list, March: known-illegal, entry 4711, by md5, identical, category 1" in section(
        page, 6
    )


def test_exact_matches_are_not_among_the_members_left_out() -> None:
    crowd = [near(number, 0.9 - number / 1_000) for number in range(1, MEMBERS + 20)]
    page = Page(written(of(*crowd, exact(900), exact(901))))
    assert {"L900", "L901"} <= set(page.ids)
    assert "18 further leads of this stack only in the table or the CSV export" in section(page, 5)


def test_a_stack_of_low_priority_is_described_where_it_holds_an_exact_match() -> None:
    views = [near(number, 0.9 - number / 100, f"s{number}") for number in range(1, 6)]
    page = Page(written(of(*views, exact(9, stack="s9")), ExportOptions(full_leads=2)))
    assert {"L1", "L2", "L9"} <= set(page.ids)
    assert "L3" not in page.ids
    said = section(page, 5)
    assert "The 2 stacks of highest priority are described here, and 1 further stack with a file" in said
    assert "3 further stacks stand in the table below only" in said


def test_very_many_exact_matches_with_long_names_stay_below_20_megabytes() -> None:
    long = "folder/" * 300 + "x.jpg"
    spots = tuple(replace(one, trail=(*["a" * 300] * 9, long)) for one in exact(1).places * 40)
    views = [replace(exact(number, stack=f"s{number % 9}"), places=spots) for number in range(3_000)]
    assert len(written(of(*views)).encode()) < 20_000_000
