"""The drawings of the report desk: what they show, that they stay small, and that they are always the same."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.export.desk_curves import by_group, calibration, recall
from safelight.export.desk_graph import NODES, graph
from safelight.export.desk_timeline import timeline
from safelight.export.desk_weights import grouped

from . import desk_sample as made

NUMBERS = re.compile(r'<text class="label" text-anchor="end" x="[^"]+" y="([^"]+)">(\S+)')


def drawn(found: dict[str, object]) -> str:
    return str(graph(found).picture)


def order(picture: str) -> list[str]:
    """Reports as they stand in their column, from the top."""
    return [name for _, name in sorted((float(y), name) for y, name in NUMBERS.findall(picture))]


def crossings(picture: str) -> int:
    ends = re.findall(r'd="M\d+ ([\d.]+)C.* \d+ ([\d.]+)"', picture)
    lines = [(float(left), float(right)) for left, right in ends]
    return sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for a, b in combinations(lines, 2))


def test_each_mention_is_a_line_and_each_report_and_identifier_a_mark() -> None:
    picture = drawn(made.cluster(3))
    assert picture.count('<path class="edge certain"') == 4
    assert picture.count('<circle class="node') == 3
    assert picture.count('<rect class="node') == 2


def test_the_graph_says_in_words_what_it_shows() -> None:
    assert "e-mail robin1@example.org: 190000001, 190000002" in drawn(made.cluster(3))


def test_at_most_sixty_things_are_drawn_and_the_rest_is_counted() -> None:
    found = graph(made.cluster(200))
    shown = str(found.picture).count('class="node')
    assert shown <= NODES
    assert shown + found.reports_left_out + found.identifiers_left_out == 200 + 199


def test_many_reports_with_one_identifier_leave_the_room_to_reports() -> None:
    everyone = made.shared("robin@example.org", *range(1, 201))
    found = graph(made.cluster(200, [everyone]))
    assert (found.reports_left_out, found.identifiers_left_out) == (200 - (NODES - 1), 0)
    assert "and 141 more" in str(found.picture)


def test_no_drawn_report_stands_alone_as_long_as_there_is_room() -> None:
    strong = [made.shared(f"robin{one}@example.org", 1, 2, 3) for one in range(30)]
    weak = made.shared("+491700000", 3, 4, kind="phone", weight=0.3, scale="probable")
    picture = drawn(made.cluster(4, [*strong, weak]))
    assert "phone +491700000" in picture


def test_a_chain_is_drawn_without_crossings() -> None:
    shuffled = made.cluster(12)
    shuffled["reports"] = shuffled["reports"][::2] + shuffled["reports"][1::2][::-1]
    assert crossings(drawn(shuffled)) == 0


def test_the_same_cluster_is_drawn_the_same_in_whatever_order_its_identifiers_come() -> None:
    found = made.cluster(9)
    turned = {**found, "identifiers": found["identifiers"][::-1]}
    assert order(drawn(found)) == order(drawn(turned))


def test_what_people_joined_is_drawn_and_what_they_cut_is_not() -> None:
    edit = {
        "a": "R-0000000000000001",
        "b": "R-0000000000000002",
        "by": "m.brandt",
        "at": "2026-03-01T10:00:00+00:00",
        "reason": "",
    }
    assert "by m.brandt" in drawn(made.cluster(2, [], edits=[{**edit, "kind": "join"}]))
    assert "by m.brandt" not in drawn(made.cluster(2, [], edits=[{**edit, "kind": "cut"}]))


def test_no_label_of_the_graph_is_longer_than_its_column() -> None:
    long = made.shared("w" * 4_000, 1, 2, kind="screen-name")
    found = made.cluster(2, [long])
    found["reports"][0]["report_id"] = "9" * 4_000
    texts = ["".join(one.itertext()) for one in ElementTree.fromstring(drawn(found)).iter("text")]
    assert max(map(len, texts)) <= 46


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sets(st.integers(1, 30), min_size=2, max_size=12), max_size=40), st.text(max_size=40))
def test_any_cluster_is_drawn_as_well_formed_svg(members: list[set[int]], value: str) -> None:
    shared = [made.shared(f"{value}{at}", *sorted(one), scale="probable") for at, one in enumerate(members)]
    found = graph(made.cluster(30, shared))
    root = ElementTree.fromstring(str(found.picture))
    assert 30 - found.reports_left_out + len(shared) - found.identifiers_left_out <= NODES
    height = float(root.attrib["viewBox"].split()[3])
    assert all(0 <= float(one.attrib["y"]) <= height for one in root.iter("text"))


# The timeline.


def time(what: str, at: datetime) -> dict[str, str]:
    return {"what": what, "at": at.isoformat()}


def test_each_lane_says_how_many_times_it_holds_and_from_when_to_when() -> None:
    found = timeline([time("received", made.NOW), time("received", made.NOW - timedelta(days=3))], made.NOW)
    assert found is not None
    assert "report received: 2, from 2026-02-27 12:00 to 2026-03-02 12:00 UTC; incident: 0" in str(
        found.picture
    )


def test_times_in_one_place_are_one_larger_mark() -> None:
    far = time("received", made.NOW - timedelta(days=300))
    one = timeline([far, time("received", made.NOW)], made.NOW)
    many = timeline([far, *[time("received", made.NOW)] * 50], made.NOW)
    assert one is not None and many is not None
    radii = [max(map(float, re.findall(r' r="([\d.]+)"', str(found.picture)))) for found in (one, many)]
    assert radii[0] < radii[1]
    assert str(many.picture).count("<circle") == 2


def test_a_clock_that_was_never_set_does_not_squeeze_the_others() -> None:
    far = [time("occurred", made.NOW.replace(year=year)) for year in (1970, 2099)]
    found = timeline([*far, time("received", made.NOW)], made.NOW)
    assert found is not None
    assert found.beyond == 2
    assert "1970" not in str(found.picture)


def test_without_times_there_is_no_timeline() -> None:
    assert timeline([], made.NOW) is None


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["received", "occurred", "connection"]),
            st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(
                lambda at: at.replace(tzinfo=made.NOW.tzinfo)
            ),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_any_times_are_drawn_within_the_picture_with_few_labels(times: list[tuple[str, datetime]]) -> None:
    found = timeline([time(what, at) for what, at in times], made.NOW)
    if found is None:
        return
    root = ElementTree.fromstring(str(found.picture))
    ticks = [one for one in root.iter("text") if one.attrib["class"] == "tick"]
    assert len(ticks) <= 9
    assert all(100 <= float(one.attrib["x"]) <= 720 for one in ticks)


@given(st.timedeltas(timedelta(0), timedelta(days=10_000)))
def test_every_span_has_an_axis(span: timedelta) -> None:
    found = timeline([time("received", made.NOW - span), time("occurred", made.NOW)], made.NOW)
    assert found is not None
    assert str(found.picture).count('class="grid"') >= (1 if span > timedelta(hours=2) else 0)


# Weights.


def test_bars_share_one_scale_and_one_zero() -> None:
    parts = grouped(
        [made.reason("a", 2.0, "access"), made.reason("b", -1.0, "lowered"), made.reason("c", 1.0, "access")]
    )
    bars = [str(bar) for _, _, told in parts for _, bar in told]
    spans = [tuple(map(float, re.findall(r' x="([\d.]+)".* width="([\d.]+)"', bar)[0])) for bar in bars]
    assert spans == [(40.0, 80.0), (40.0, 40.0), (0.0, 40.0)]


def test_a_group_that_the_page_does_not_know_is_shown_all_the_same() -> None:
    assert [
        title for title, _, _ in grouped([made.reason("a", 1.0, "weather"), made.reason("b", 1.0, "time")])
    ] == [
        "Time",
        "weather",
    ]


# Curves.


def test_the_recall_curve_is_of_steps_and_its_points_have_error_bars() -> None:
    picture = str(recall(made.evaluation()))
    (points,) = re.findall(r'<polyline class="curve" points="([^"]+)"', picture)
    steps = [tuple(map(float, point.split(","))) for point in points.split()]
    assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(steps))
    assert picture.count('class="error"') == picture.count('class="dot"') == 1
    assert "in the first 5%: 75% (30% to 95%)" in picture


def test_calibration_draws_a_point_with_its_interval_for_each_range() -> None:
    picture = str(calibration(made.evaluation()["calibration"]))
    assert picture.count('class="dot"') == picture.count('class="error"') == 1
    assert "said 0.4%, true 2.2% of 46" in picture


def test_a_group_is_drawn_with_its_interval() -> None:
    one = made.evaluation()["groups"]["language"][0]
    picture = str(by_group("Recall by language", [one], "g"))
    (ends,) = re.findall(r'class="error" d="M([\d.]+) 23H([\d.]+)M', picture)
    assert [float(end) for end in ends] == [round(5 + 390 * end, 1) for end in one["interval"]]
