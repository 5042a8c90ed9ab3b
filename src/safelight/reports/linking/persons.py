"""People of different reports who are probably one person though no identifier says so: names across scripts.

Who is compared at all is decided by blocks, of one birth date, of one part of a name and a year, a town, or a birthday.
No block is larger than its bound, so that a flood of people, or of one name, costs what any other people cost; what is
passed over for it is counted. How likely two of them are one is `likeness.py`'s, and the table's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from safelight.reports.identifiers.sounds import MOST_SOUNDS, sound
from safelight.reports.keep.people import Someone, people_table
from safelight.reports.linking import likeness

Ints = npt.NDArray[Any]
_SOUNDS = [f"sound{number}" for number in range(MOST_SOUNDS)]
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Alike:
    """Reports `a` < `b` that probably concern one person, and what the two people have in common."""

    a: int
    b: int
    probability: float
    by: str


@dataclass(frozen=True, slots=True)
class Compared:
    """What comparing people came to. `passed_over` are people some of whose blocks were too large to compare."""

    alike: list[Alike] = field(default_factory=list)
    people: int = 0
    pairs: int = 0
    passed_over: int = 0
    left_out: int = 0
    """Links that would have joined more reports in one piece than the bound."""


@dataclass(frozen=True, slots=True)
class _Group:
    """People of one description: `first` is the place of one of them in the table, the others stand for it."""

    first: Ints
    of: Ints
    """`(people,)`: the number of everybody's group."""


def alike(people: Sequence[Someone]) -> list[Alike]:
    """Pairs of reports that probably concern one person, by probability (0.95 and above), never within one report."""
    return compare(people_table([one.report for one in people], list(people))).alike


def compare(people: pa.Table, *, fresh: int = 0, kept: Sequence[Alike] = ()) -> Compared:
    """Compare the people of a table (columns of `keep/people.py`; `row` is the report's number).

    With `fresh`, only reports from that number on are compared, with all; `kept` are the links found before. Among
    very many people, those of one name and birth date are not joined here: the identifier that these make does that.
    """
    settings = likeness.table()["settings"]
    many = people.num_rows > settings["many_people"]
    if people.num_rows < 2:
        return Compared(list(kept), people.num_rows)
    column = {
        name: people.column(name).to_numpy() for name in people.column_names if name not in ("names", "city")
    }
    groups = _groups(people, column)
    distinct = {name: values[groups.first] for name, values in column.items()}
    newest = np.zeros(len(groups.first), dtype=np.int64)
    np.maximum.at(newest, groups.of, column["row"].astype(np.int64))
    pairs, passed_over = _pairs(distinct, settings, many, newest >= fresh)
    # Each description with several people is compared with itself: are they one person?
    alone = np.bincount(groups.of, minlength=len(groups.first)) < 2
    several = np.flatnonzero(~alone & (newest >= fresh) & ~(_certain(distinct["born"]) & many))
    left = np.concatenate([pairs >> 32, several])
    right = np.concatenate([pairs & 0xFFFFFFFF, several])
    said = _described(people, distinct, groups, np.union1d(left, right), settings)
    found = likeness.score(said.table, said.at(left), said.at(right))
    links = _links(found, said.groups, groups, column["row"], settings["most_same"])
    links = [one for one in links if one.b >= fresh]
    bounded, left_out = _bounded(kept, links, settings["largest"])
    return Compared(bounded, people.num_rows, len(left), passed_over, left_out)


def _certain(born: Ints) -> Ints:
    """Which birth dates are full, and no first of January, which forms fill in."""
    made: Ints = (born > 0) & (born % 10_000 != 101)
    return made


def _groups(people: pa.Table, column: dict[str, Ints]) -> _Group:
    """People of one name, birth date, place, sex and role, to be compared once."""
    names = people.column("names").combine_chunks().dictionary_encode().indices.to_numpy()
    city = people.column("city").combine_chunks().dictionary_encode().indices.to_numpy()
    key = names.astype(np.uint64)
    for values in (city, *(column[name] for name in ("role", "born", "year", "country", "sex"))):
        key = _mixed(key, values)
    _, first, of = np.unique(key, return_index=True, return_inverse=True)
    return _Group(first.astype(np.int64), of.astype(np.int64))


def _mixed(key: Ints, values: Ints) -> Ints:
    """One number of two; different ones are equal by chance once in 2⁶⁴."""
    with np.errstate(over="ignore"):
        both: Ints = (key ^ (key >> np.uint64(29))) * _MIX + values.astype(np.uint64)
        made: Ints = (both ^ (both >> np.uint64(32))) * _MIX
    return made


def _pairs(people: dict[str, Ints], settings: dict[str, Any], many: bool, fresh: Ints) -> tuple[Ints, int]:
    """Pairs of groups to compare, `left << 32 | right`, each once and in order; and how many were passed over."""
    found: list[Ints] = []
    passed = np.zeros(len(fresh), dtype=bool)
    left = settings["most_pairs"]
    for who, key in _blocks(people, many, settings["largest_block"], passed):
        for some in _within(who, key):
            a, b = some >> 32, some & 0xFFFFFFFF
            wanted = some[(fresh[a] | fresh[b]) & _may_be_one(people, a, b)][:left]
            found.append(wanted)
            left -= len(wanted)
            if left == 0:
                passed[who] = True
                break
    pairs = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *found]))
    return pairs, int(passed.sum())


def _blocks(people: dict[str, Ints], many: bool, largest: int, passed: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Members and keys of blocks, sorted by key, none larger than `largest`; who is in a larger one is marked."""
    role = people["role"].astype(np.uint64)
    born, year, place = people["born"], people["year"], people["place"]
    dated = np.flatnonzero(_certain(born))
    if many:
        yield _small(*_with_two(people, dated, _mixed(role, born)), largest, passed)
        return
    birthday = _mixed(role, born % 10_000)
    for who, whole, narrow in (
        (dated, _mixed(role, born)[dated], ("one", _mixed(role, born))),
        (*_with_one(people, np.flatnonzero(year > 0), _mixed(role, year)), ("two", _mixed(role, year))),
        (*_with_one(people, np.flatnonzero(place > 0), _mixed(role, place)), ("two", _mixed(role, place))),
        (*_with_two(people, dated, birthday), None),
    ):
        if narrow is None:
            yield _small(who, whole, largest, passed)
            continue
        who, whole, too_large = _sized(who, whole, largest)
        yield who[~too_large], whole[~too_large]
        again = np.unique(who[too_large])
        divided = _with_one if narrow[0] == "one" else _with_two
        yield _small(*divided(people, again, narrow[1]), largest, passed)


def _with_one(people: dict[str, Ints], who: Ints, key: Ints) -> tuple[Ints, Ints]:
    """Somebody's key with each part of the name as it sounds."""
    members, keys = [], []
    for name in _SOUNDS:
        some = who[people[name][who] > 0]
        members.append(some)
        keys.append(_mixed(key[some], people[name][some]))
    return np.concatenate(members), np.concatenate(keys)


def _with_two(people: dict[str, Ints], who: Ints, key: Ints) -> tuple[Ints, Ints]:
    """Somebody's key with every two parts of the name, whichever stands first."""
    members, keys = [], []
    for one, other in combinations(_SOUNDS, 2):
        some = who[(people[one][who] > 0) & (people[other][who] > 0)]
        a, b = people[one][some].astype(np.uint64), people[other][some].astype(np.uint64)
        members.append(some)
        keys.append(_mixed(_mixed(key[some], np.minimum(a, b)), np.maximum(a, b)))
    return np.concatenate(members), np.concatenate(keys)


def _sized(who: Ints, key: Ints, largest: int) -> tuple[Ints, Ints, Ints]:
    """Members by key, each once a block, and which are in blocks that are too large."""
    order = np.lexsort((who, key))
    who, key = who[order], key[order]
    once = np.append(True, (key[1:] != key[:-1]) | (who[1:] != who[:-1]))[: len(key)]
    who, key = who[once], key[once]
    starts = np.flatnonzero(np.append(True, key[1:] != key[:-1])[: len(key)])
    counts = np.diff(np.append(starts, len(key)))
    return who, key, np.repeat(counts > largest, counts)


def _small(who: Ints, key: Ints, largest: int, passed: Ints) -> tuple[Ints, Ints]:
    who, key, too_large = _sized(who, key, largest)
    passed[who[too_large]] = True
    return who[~too_large], key[~too_large]


def _within(who: Ints, key: Ints) -> Iterator[Ints]:
    """All pairs within blocks: neighbours first, then those two apart, and so on."""
    at = np.arange(len(key))
    apart = 0
    while len(at):
        apart += 1
        at = at[at + apart < len(key)]
        at = at[key[at] == key[at + apart]]
        a, b = who[at], who[at + apart]
        yield np.minimum(a, b) << 32 | np.maximum(a, b)


def _may_be_one(people: dict[str, Ints], a: Ints, b: Ints) -> Ints:
    """What every likely pair has, cheap to tell before names are compared.

    They are of two reports; most consonants of the shorter name are in the other; two full birth dates agree in two
    of year, month and day, or with day and month exchanged.
    """
    fine = np.flatnonzero(people["row"][a] != people["row"][b])
    fine = fine[_dates_agree(people["born"][a[fine]], people["born"][b[fine]])]
    one, other = people["letters"][a[fine]], people["letters"][b[fine]]
    shared = np.bitwise_count(one & other)
    fewer = np.minimum(np.bitwise_count(one), np.bitwise_count(other))
    made = np.zeros(len(a), dtype=bool)
    made[fine[5 * shared.astype(np.int16) >= 3 * fewer]] = True
    return made


def _dates_agree(one: Ints, other: Ints) -> Ints:
    month, day = one // 100 % 100, one % 100
    its_month, its_day = other // 100 % 100, other % 100
    equal = (one // 10_000 == other // 10_000).astype(np.int8)
    exchanged = (equal > 0) & (month == its_day) & (day == its_month)
    equal = equal + (month == its_month) + (day == its_day)
    made: Ints = (equal > 1) | exchanged | (one == 0) | (other == 0)
    return made


@dataclass(frozen=True, slots=True)
class _Described:
    """The table that likeness compares: only groups in a pair; `groups` are their numbers, sorted."""

    table: pa.Table
    groups: Ints

    def at(self, group: Ints) -> Ints:
        """Places of groups in the table."""
        made: Ints = np.searchsorted(self.groups, group)
        return made


def _described(
    people: pa.Table, distinct: dict[str, Ints], groups: _Group, wanted: Ints, settings: dict[str, Any]
) -> _Described:
    where = groups.first[wanted]
    counted = _counted(distinct, settings["largest_block"])
    town = settings["town"], settings["weight"]
    names = people.column("names").combine_chunks().take(pa.array(where))
    city = people.column("city").combine_chunks().take(pa.array(where))
    one = {name: values[wanted] for name, values in distinct.items()}
    born, year = one["born"].astype(np.int64), one["year"]
    turned = born // 10_000 * 10_000 + born % 100 * 100 + born // 100 % 100
    table = pa.table(
        {
            "names": names,
            "sounds": _whole(_sorted_sounds(one)).view(np.int64),
            "parts": _parts(names),
            "born": pa.array(born.astype(str), mask=born == 0),
            "turned": pa.array(turned.astype(str), mask=born == 0),
            "certain": _certain(born),
            "year": pa.array(year, mask=year == 0),
            "city": pc.if_else(pa.array(one["place"] > 0), city, None),
            "country": pa.array(one["country"], mask=one["country"] == 0),
            "sex": pa.array(one["sex"], mask=one["sex"] == 0),
            "tf_sounds": _name_shares(distinct, counted, wanted, settings),
            "tf_city": _shares(distinct["place"], distinct["place"][counted], wanted, *town),
        }
    )
    return _Described(table, wanted)


def _parts(names: pa.StringArray) -> pa.ListArray:
    """Each name as its parts `t`, with how each sounds, `s`."""
    split = pc.split_pattern(names, " ")
    tokens = split.flatten().dictionary_encode()
    sounds = pa.array([sound(one) for one in tokens.dictionary.to_pylist()], type=pa.string())
    both = [tokens.dictionary.take(tokens.indices), sounds.take(tokens.indices)]
    return pa.ListArray.from_arrays(split.offsets, pa.StructArray.from_arrays(both, ["t", "s"]))


def _sorted_sounds(people: dict[str, Ints]) -> Ints:
    """`(n, MOST_SOUNDS)`: the same for the same parts in any order."""
    return np.sort(np.stack([people[name] for name in _SOUNDS], axis=1), axis=1)


def _whole(sounds: Ints) -> Ints:
    """One number for how a whole name sounds."""
    made: Ints = sounds[:, 0].astype(np.uint64)
    for column in range(1, MOST_SOUNDS):
        made = _mixed(made, sounds[:, column])
    return made


def _counted(people: dict[str, Ints], largest: int) -> Ints:
    """Who is counted to tell how common a name or town is: of one birth date, or one name without, at most a block.

    Else a flood would make every other name rare, and strangers alike.
    """
    role, born = people["role"].astype(np.uint64), people["born"]
    key = np.where(_certain(born), _mixed(role, born), _mixed(role + 8, _whole(_sorted_sounds(people))))
    order = np.argsort(key, kind="stable")
    begins = np.append(True, key[order][1:] != key[order][:-1])
    starts = np.flatnonzero(begins)
    within = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    made: Ints = order[within < largest]
    return made


def _shares(values: Ints, counted: Ints, wanted: Ints, before: float, weight: int) -> npt.NDArray[np.float64]:
    """The share of people with each value: what is assumed before any are counted, moved by those that are."""
    known, counts = np.unique(counted, return_counts=True)
    at = np.minimum(np.searchsorted(known, values[wanted]), len(known) - 1)
    found = np.where(known[at] == values[wanted], counts[at], 0)
    made: npt.NDArray[np.float64] = (found + before * weight) / (len(counted) + weight)
    return made


def _name_shares(
    people: dict[str, Ints], counted: Ints, wanted: Ints, settings: dict[str, Any]
) -> npt.NDArray[np.float64]:
    """How common each name is: as common as its parts make it, or as it is among these people.

    One birth date counts once, so that one person in many reports makes a name no commoner; nor do a few more: what
    is one person in several spellings looks like namesakes.
    """
    before, weight = settings["part"], settings["weight"]
    said = _sorted_sounds(people)
    flat = said[counted].ravel()
    known, counts = np.unique(flat[flat > 0], return_counts=True)
    total = len(counted) + weight
    mine = said[wanted]
    at = np.minimum(np.searchsorted(known, mine), len(known) - 1)
    found = np.where(known[at] == mine, counts[at], 0)
    share = np.where(mine > 0, (found + before * weight) / total, 1.0)
    whole = _whole(said)
    _, one = np.unique(_mixed(whole, people["born"]), return_index=True)
    names, counts = np.unique(whole[one], return_counts=True)
    namesakes = np.maximum(counts - settings["namesakes"], 0)[np.searchsorted(names, whole[wanted])]
    made: npt.NDArray[np.float64] = np.maximum.reduce(
        [share.prod(axis=1), namesakes / total, np.full(len(wanted), settings["rarest"])]
    )
    return made


def _links(
    found: likeness.Scored, numbers: Ints, groups: _Group, report: Ints, most_same: int
) -> list[Alike]:
    """Scored pairs of groups as pairs of reports; of a group itself, all its reports with the first."""
    order = np.argsort(groups.of, kind="stable")
    begins = np.searchsorted(groups.of[order], np.arange(len(groups.first) + 1))

    def reports(group: int) -> list[int]:
        return sorted({int(one) for one in report[order[begins[group] : begins[group + 1]]]})

    made: dict[tuple[int, int], Alike] = {}
    for left, right, probability, level in zip(
        numbers[found.left].tolist(),
        numbers[found.right].tolist(),
        found.probability.tolist(),
        found.level,
        strict=True,
    ):
        mine, theirs = reports(left), reports(right)
        if left == right:
            pairs = [(mine[0], other) for other in mine[1:]] if len(mine) <= most_same else []
        elif set(mine[:most_same]) & set(theirs[:most_same]):
            continue  # two people of one report, or one under two names there: that report joins the others
        else:
            pairs = [(min(mine[0], theirs[0]), max(mine[0], theirs[0]))]
        for a, b in pairs:
            known = made.get((a, b))
            if known is None or known.probability < probability:
                made[a, b] = Alike(a, b, round(probability, 4), likeness.explained(level))
    return sorted(made.values(), key=lambda one: (one.a, one.b))


def _bounded(kept: Sequence[Alike], links: Sequence[Alike], largest: int) -> tuple[list[Alike], int]:
    """Links that join no more than `largest` reports in one piece: those kept first, then the strongest."""
    parent: dict[int, int] = {}
    size: dict[int, int] = {}

    def root(one: int) -> int:
        parent.setdefault(one, one)
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    made = []
    known = {(one.a, one.b) for one in kept}
    fresh = [one for one in links if (one.a, one.b) not in known]
    for link in (*kept, *sorted(fresh, key=lambda one: (-one.probability, one.a, one.b))):
        a, b = root(link.a), root(link.b)
        if a != b:
            together = size.get(a, 1) + size.get(b, 1)
            if together > largest:
                continue
            parent[b] = a
            size[a] = together
        made.append(link)
    return sorted(made, key=lambda one: (one.a, one.b)), len(kept) + len(fresh) - len(made)


__all__ = ["Alike", "Compared", "Someone", "alike", "compare"]
