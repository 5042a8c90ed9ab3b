"""The pages of the report desk: one file each, nothing from outside, nothing of a report taken for markup."""

from __future__ import annotations

import base64
import hashlib
import re
from time import monotonic

import pytest

from safelight.export import desk_pages
from safelight.export.desk_page import DeskPage

from . import desk_sample as made
from .page import Page
from .sample import evaluation


def all_pages() -> dict[str, DeskPage]:
    return {
        "report": desk_pages.of_report(made.report()),
        "hostile report": desk_pages.of_report(made.hostile_report()),
        "cluster": desk_pages.of_cluster(made.cluster(), made.NOW),
        "desk": desk_pages.of_desk(made.state()),
        "evaluation": desk_pages.of_evaluation(made.evaluation(), "labels.csv"),
    }


@pytest.fixture(params=list(all_pages()))
def source(request: pytest.FixtureRequest) -> str:
    return made.written(all_pages()[request.param])


def test_each_page_is_well_formed_and_its_ids_are_unique(source: str) -> None:
    found = Page(source)
    assert len(found.ids) == len(set(found.ids))
    named = [str(one.get("aria-labelledby") or "") for _, one in found.elements]
    assert {key for keys in named for key in keys.split()} <= set(found.ids)


def test_nothing_comes_from_outside_and_nothing_runs(source: str) -> None:
    found = Page(source)
    tags = {tag for tag, _ in found.elements}
    assert not tags & {
        "script",
        "link",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
        "img",
        "video",
        "audio",
        "a",
    }
    names = {name for _, attributes in found.elements for name in attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}
    assert not names & {"src", "href", "action", "poster", "srcset"}


def test_the_policy_allows_exactly_the_style_within(source: str) -> None:
    (style,) = re.findall("<style>(.*?)</style>", source, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(
        str(attributes["content"])
        for tag, attributes in Page(source).elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:")
    assert "script-src" not in policy
    assert "url(" not in style
    assert "@import" not in style


def test_each_page_names_the_legal_ground_and_the_state_of_the_log(source: str) -> None:
    said = Page(source).said()
    for part in ("Gs 1234/26", "Amtsgericht Musterstadt", "It verified:", "safelight/sample+f0c8a1d2"):
        assert part in said


def test_each_page_of_reports_says_that_it_decides_nothing() -> None:
    for name, page in all_pages().items():
        if name != "evaluation":
            assert "orders work; it decides nothing" in Page(made.written(page)).said()


@pytest.mark.parametrize("name", ["report", "cluster", "desk", "evaluation"])
def test_a_page_of_an_evaluation_workspace_is_marked(name: str) -> None:
    source = made.written(all_pages()[name], evaluation())
    assert "<title>EVALUATION" in source
    assert Page(source).said().count("EVALUATION") >= 2
    assert "EVALUATION" not in Page(made.written(all_pages()[name])).said()


def test_the_same_findings_give_the_same_page(source: str) -> None:
    assert source in {made.written(page) for page in all_pages().values()}


# A report.


def report_says(**changes: object) -> str:
    return Page(made.written(desk_pages.of_report(made.report(**changes)))).said()


def test_hostile_values_are_text_and_hide_nothing() -> None:
    source = made.written(desk_pages.of_report(made.hostile_report()))
    said = Page(source).said()
    assert "<script>alert(1)</script>" in said
    assert "<img src=x onerror=alert(1)>" in said
    assert "{{ 7 * 7 }}{% raw %}" in said
    assert "photo⟨U+202E⟩gpj.exe" in said
    assert not set("\u202e\x00\x1b") & set(source)


def test_marks_piled_on_a_letter_are_cut() -> None:
    said = report_says(texts=[{"where": "additionalInfo", "text": "a" + "\u0301" * 40}])
    assert "a" + "\u0301" * 4 + "⟨…⟩" in said
    assert "\u0301" * 5 not in said


def test_words_keep_their_lines_and_the_joiners_of_their_script() -> None:
    text = "می\u200cخواهم\r\nन्\u200dय\nthird"
    source = made.written(
        desk_pages.of_report(made.report(texts=[{"where": "additionalInfo", "text": text}]))
    )
    assert "می\u200cخواهم\nन्\u200dय\nthird</blockquote>" in source


def test_a_text_without_end_is_cut_and_the_cut_is_counted() -> None:
    texts = [{"where": f"text {number}", "text": "word " * 10_000} for number in range(30)]
    source = made.written(desk_pages.of_report(made.report(texts=texts)))
    assert len(source) < 400_000
    assert "30,000 further characters are not written out here." in source
    assert "text 29: 50,000 characters are not written out here." in source


def test_reasons_stand_by_kirats_steps_with_what_each_adds() -> None:
    said = report_says()
    steps = [
        "1 · Previous convictions or allegations +1.10",
        "3 · Current behaviour +2.20",
        "What lowers it −1.50",
    ]
    places = [said.index(step) for step in steps]
    assert places == sorted(places)


def printed_sum(**changes: object) -> tuple[float, float]:
    """What the figures of the table add up to, and the sum that stands below them."""
    source = made.written(desk_pages.of_report(made.report(**changes)))
    table = source[source.index('<table class="why">') : source.index("</table>")]
    rows = re.findall(
        r'<tr class="group[^"]*"><th scope="rowgroup">([^<]*)</th><th class="right">([^<]*)', table
    )
    figures = {name: float(figure.replace("−", "-")) for name, figure in rows}
    whole = figures.pop("Sum: a priority of 0.73")
    return round(sum(figures.values()), 2), whole


def test_what_a_reader_adds_up_is_the_sum_that_is_printed() -> None:
    assert printed_sum() == (-1.0, -1.0)
    odd = [made.reason(str(one), 0.314, "behaviour") for one in range(9)]
    assert printed_sum(reasons=odd, base=-5.296, log_odds=-2.47) == (-2.47, -2.47)


def test_a_report_without_reasons_stands_where_every_report_begins() -> None:
    said = report_says(reasons=[], base=-5.3, log_odds=-5.3, priority=0.005)
    assert "Where every report begins −5.30" in said
    assert "Sum: a priority of 0.01 −5.30" in said
    assert "too small to be told" not in said


def test_versions_are_counted_from_one_whatever_the_desk_numbers_them_by() -> None:
    first = {**made.report()["history"][0], "number": 1432}
    said = report_says(history=[first, {**first, "number": 1500, "format": "json"}])
    assert "taken in, version 1 of 2: CyberTipline XML, 1 file" in said
    assert "taken in, version 2 of 2: the JSON that police receive, 1 file" in said
    assert "1432" not in said


def test_terms_are_those_that_the_page_uses() -> None:
    terms = {name: made.written(page).split('id="terms"')[1] for name, page in all_pages().items()}
    for name in ("report", "cluster", "desk"):
        assert "<dt>Priority</dt>" in terms[name]
        assert "<dt>Lift</dt>" not in terms[name]
    assert "<dt>KIRAT</dt>" in terms["report"]
    assert "<dt>KIRAT</dt>" not in terms["desk"]
    assert "<dt>Log-odds</dt>" in terms["report"]
    assert "<dt>Lift</dt>" in terms["evaluation"]
    assert "<dt>Cluster</dt>" not in terms["evaluation"]


def test_every_term_is_used_by_some_page() -> None:
    from safelight.export import desk_terms

    retracted = made.report(annotations=["retracted"], provisional=True, child_to_protect=True)
    common = {**made.shared("203.0.113.7", 1, 2), "why": "carrier NAT: 90 voices"}
    sources = [
        *map(made.written, all_pages().values()),
        made.written(desk_pages.of_report(retracted)),
        made.written(desk_pages.of_cluster(made.cluster(too_common=[common]), made.NOW)),
    ]
    used = {term.word for source in sources for term in desk_terms.used(source.split('id="terms"')[0])}
    assert {term.word for term in desk_terms.TERMS} - used == set()


def test_a_word_in_a_tag_alone_is_not_used() -> None:
    from safelight.export import desk_terms

    assert desk_terms.used('<p class="lift" title="KIRAT">text</p>') == []


def test_a_child_to_protect_comes_first_and_who_reports_last() -> None:
    said = report_says()
    who = said[said.index("Who ") :]
    assert who.index("Child, or an account of the child a child to protect") < who.index(
        "Reported person or account"
    )
    assert who.index("Reported person or account") < who.index("Who reports")


def test_the_identifiers_of_who_reports_are_said_not_to_link() -> None:
    assert "desk@example.com — not used: of who reports" in report_says()


def test_a_file_that_was_not_viewed_is_closed() -> None:
    row = "a.jpg not stated: stays closed"
    assert row in report_says()
    assert "a.jpg no: stays closed" in report_says(files=[made.file(viewed=False)])
    assert "a.jpg yes" in report_says(files=[made.file(viewed=True, closed=False)])


def test_a_file_that_was_compared_with_nothing_is_not_said_to_be_on_no_list() -> None:
    bare = made.file(digests={}, not_compared="no digest is stated")
    assert "not compared: no digest is stated" in report_says(files=[bare])
    assert "on no list" not in report_says(files=[bare])
    assert "on no list" in report_says()


def test_a_priority_is_never_said_to_be_certain() -> None:
    assert "priority above 0.99" in report_says(priority=0.9996)
    assert "priority below 0.01" in report_says(priority=0.0004)
    assert "priority 0.73" in report_says()


def test_the_last_decision_stands_first_with_who_made_it() -> None:
    assert "Decided: child in danger, m.brandt" in report_says()


def test_statements_about_the_country_that_disagree_are_a_warning() -> None:
    where = {"country": "DE", "region": None, "sources": [], "conflict": True}
    assert "What tells the country disagrees." in report_says(where=where)
    assert "disagrees" not in report_says()


def test_a_time_without_a_zone_says_so() -> None:
    assert "2026-03-01 09:00:00 (no zone stated)" in report_says()


def test_more_files_than_fit_are_counted() -> None:
    assert "50 further files not written out here." in report_says(files=[made.file()] * 250)


def test_known_material_is_named_and_nothing_is_shown() -> None:
    looked_at = [{"name": "a.jpg", "sha256": "0" * 64, "lead": "L-1", "known": True, "said": "On a list."}]
    assert "a.jpg: known material. On a list. lead L-1" in report_says(media=looked_at)


def test_a_report_with_nothing_in_it_has_a_page() -> None:
    nothing = {
        name: []
        for name in (
            "people",
            "texts",
            "files",
            "links",
            "units",
            "missing",
            "reasons",
            "annotations",
            "clocks",
        )
    }
    said = report_says(**nothing, escalation=None, provider=None, received=None, occurred=None, incident=None)
    for part in (
        "an unknown sender",
        "Nobody is named.",
        "It has no words.",
        "It has none.",
        "linked to no other",
    ):
        assert part in said


# A cluster.


def test_a_cluster_of_two_thousand_reports_is_a_small_page_quickly_made() -> None:
    everyone = made.shared("robin@example.org", *range(1, 2_001))
    pairs = [made.shared(f"robin{one}@example.org", one, one + 1) for one in range(1, 2_000)]
    started = monotonic()
    source = made.written(desk_pages.of_cluster(made.cluster(2_000, [everyone, *pairs]), made.NOW))
    assert monotonic() - started < 5
    assert len(source) < 1_000_000
    said = Page(source).said()
    assert "1,500 further reports not written out here: of lower priority." in said
    assert "1,964 further reports of lower priority are not drawn." in said
    assert "1,976 further identifiers are not drawn." in said


def test_hostile_values_of_a_cluster_are_text() -> None:
    bad = made.shared(made.ALL, 1, 2)
    edit = {
        "kind": "cut",
        "a": "R-0000000000000001",
        "b": "R-0000000000000002",
        "by": made.ALL,
        "at": "2026-03-01T11:00:00+00:00",
        "reason": made.ALL,
    }
    found = made.cluster(
        2, [bad], edits=[edit, {**edit, "kind": "join"}], too_common=[{**bad, "why": made.ALL}]
    )
    for one in found["reports"]:
        one.update(
            report_id=made.ALL, provider=made.ALL, incident=made.ALL, received=made.ALL, occurred=made.ALL
        )
    source = made.written(desk_pages.of_cluster(found, made.NOW))
    assert "<script>alert(1)</script>" in Page(source).said()
    assert "\u202e" not in source
    assert not {"script", "img"} & {tag for tag, _ in Page(source).elements}


def test_a_cluster_says_in_which_roles_an_identifier_stands() -> None:
    one = {**made.shared("robin@example.org", 1, 2), "roles": {"reported": 1, "victim": 1}}
    said = Page(made.written(desk_pages.of_cluster(made.cluster(2, [one]), made.NOW))).said()
    assert "reported (1), victim (1)" in said


def test_a_cluster_without_times_says_so() -> None:
    said = Page(made.written(desk_pages.of_cluster(made.cluster(times=[]), made.NOW))).said()
    assert "No report states a time." in said


# The desk's state.


def state_says(**changes: object) -> str:
    return Page(made.written(desk_pages.of_desk(made.state(**changes)))).said()


def test_the_state_names_what_waits_and_what_the_order_may_miss() -> None:
    said = state_says()
    assert "47 lines wait for a decision, the first of them waiting here since 2026-02-20 08:00 UTC" in said
    assert "0.13% and 24.87% of its 40 lines, which is 0 to 10." in said


def test_a_line_says_how_large_its_cluster_is_and_no_id_that_is_like_its_own() -> None:
    said = state_says()
    assert "in a cluster of 3 reports" in said
    assert "C-0000000000000001" not in said
    alone = {**made.entry(1, cluster=None), "place": 1, "cluster_size": 1}
    assert "in a cluster of" not in state_says(queue=[alone])


def test_a_day_that_is_past_is_not_due() -> None:
    line = {"place": 1, "cluster_size": 3}
    past = {**made.entry(1, due="2026-03-01T10:00:00+00:00"), **line}
    assert "run out 2026-03-01 records of connections in DE" in state_says(queue=[past])
    assert "due 2026-03-09 records of connections in DE" in state_says()


def test_what_is_not_known_has_no_bar_and_is_counted_beside_the_others() -> None:
    few = {"urgent": 1, "high": 0, "normal": 2, "low": 0}
    groups = made.state()["groups"]
    unknown = {
        "value": "unknown",
        "known": False,
        "bands": {"urgent": 0, "high": 3, "normal": 0, "low": 1_367},
    }
    groups["country"] = [{"value": "DE", "known": True, "bands": few}, unknown]
    source = made.written(desk_pages.of_desk(made.state(groups=groups)))
    plot = source[source.index('aria-labelledby="plot-country-t') :].split("</svg>")[0]
    assert "unknown" not in plot
    assert 'width="266.7"' in plot, (
        "the longest bar is that of a country: two of its three parts fill two thirds"
    )
    assert "Unknown: 1,370 (3 high, 1,367 low)." in Page(source).said()


def test_lines_that_are_not_listed_are_told_where_the_page_is_written() -> None:
    import io

    from safelight.export.protocol import ExportOptions

    from .sample import rich

    told = desk_pages.of_desk(made.state()).write(rich(), io.BytesIO(), ExportOptions())
    assert (told.records, told.unit) == (1, "waiting line")
    assert told.notes == ("46 further ones are counted, not listed; `export csv --desk` lists all.",)


def test_decisions_are_totals_and_no_person_is_named() -> None:
    said = state_says()
    assert "3 decisions about 1 report, by 2 people" in said
    assert "not pertinent: 1" in said


def test_an_order_that_is_not_settled_says_so() -> None:
    assert "The order is provisional: the text of 7 reports is not read yet." in state_says(provisional=7)
    assert "provisional" not in state_says()


def test_texts_that_the_authority_does_not_allow_to_be_read_are_said() -> None:
    assert "The authority does not allow texts to be read" in state_says(reads_texts=False)


def test_without_a_sample_what_the_order_misses_is_unknown() -> None:
    none = {
        "low": 40,
        "drawn": 0,
        "looked_at": 0,
        "found": 0,
        "share": None,
        "interval": None,
        "missed": None,
    }
    assert "how many children it misses is unknown" in state_says(elusion=none)


def test_languages_that_nobody_reads_here_have_a_list_of_their_own() -> None:
    said = state_says()
    assert "1 waiting line needs somebody who reads the language: Thai (th) 1." in said


def test_a_language_is_not_mistaken_for_a_country() -> None:
    assert "Ukrainian (uk)" in state_says()


def test_what_could_not_be_read_is_listed_with_its_reason() -> None:
    assert "in/bad.xml not well-formed" in state_says()


def test_capacity_says_what_will_not_be_seen() -> None:
    capacity = {
        "people": 3,
        "minutes": 20.0,
        "hours": 8.0,
        "days": 30,
        "a_day": 72.0,
        "arriving_a_day": 156.0,
        "waiting": 47,
        "bands": [
            {"band": "urgent", "reports": 1, "seen_by": "2026-03-03T10:00:00+00:00", "not_seen": 0},
            {"band": "low", "reports": 40, "seen_by": None, "not_seen": 40},
        ],
    }
    said = state_says(capacity=capacity)
    assert "3 people at 20 minutes a report and 8 hours a day see 72 a day; 156 arrive a day." in said
    assert "urgent 1 2026-03-03 0" in said
    assert "low 40 never, at this rate 40" in said


def test_clocks_that_run_out_stand_with_their_time() -> None:
    said = state_says()
    assert "2026-03-04 10:00 UTC records of connections in DE" in said
    assert "2 clocks of waiting lines have run out already." in said


def test_hostile_names_of_providers_and_paths_are_text() -> None:
    groups = {"provider": [{"value": made.ALL, "known": True, "bands": {"low": 1}}]}
    unread = {"count": 1, "reasons": {}, "entries": [{"path": made.ALL, "reason": made.ALL}]}
    queue = [
        {
            **made.entry(1, report_id=made.ALL, provider=made.ALL, incident=made.ALL),
            "place": 1,
            "cluster_size": 3,
        }
    ]
    source = made.written(desk_pages.of_desk(made.state(groups=groups, unread=unread, queue=queue)))
    assert not {"script", "img"} & {tag for tag, _ in Page(source).elements}
    assert not set("\u202e\x00\x1b") & set(source)


# An evaluation.


def evaluation_says(**changes: object) -> str:
    return Page(made.written(desk_pages.of_evaluation(made.evaluation(**changes), "labels.csv"))).said()


def test_an_evaluation_gives_each_share_with_its_interval() -> None:
    assert "5% 3 3 of 4 75.0% 30.1% to 95.4% 100.0% 12.5" in evaluation_says()


def test_an_evaluation_lists_what_was_missed_with_its_place() -> None:
    assert "190000009 31 0.0103 language de" in evaluation_says()


def test_groups_without_a_child_in_danger_are_counted_not_drawn() -> None:
    said = evaluation_says()
    assert "German (de) 40 3 of 4 30% to 95%" in said
    assert "French" not in said
    assert "1 further value has no labelled report with a child in danger." in said


def test_an_evaluation_without_a_child_in_danger_measures_no_recall() -> None:
    nothing = {
        "share": 0.05,
        "size": 3,
        "found": 0,
        "recall": None,
        "interval": None,
        "precision": 0.0,
        "lift": None,
    }
    said = evaluation_says(in_danger=0, top=[nothing], groups={}, missed=[])
    assert "recall cannot be measured" in said
    assert "5% 3 0 of 0 — — 0.0% —" in said


def test_labelled_reports_that_are_not_here_are_counted() -> None:
    assert "1 labelled report is not here and was left out." in evaluation_says()


def test_hostile_labels_and_groups_are_text() -> None:
    group = made.evaluation()["groups"]["language"][0]
    found = made.evaluation(
        groups={made.ALL: [{**group, "value": made.ALL}]},
        missed=[{"report_id": made.ALL, "place": 9, "priority": 0.1, made.ALL: made.ALL}],
    )
    source = made.written(desk_pages.of_evaluation(found, made.ALL))
    assert not {"script", "img"} & {tag for tag, _ in Page(source).elements}
    assert "\u202e" not in source
