"""People alike across spellings and scripts: time, precision and recall, against the plain way in the same run.

    .venv/bin/python bench/report_persons.py [--people 200000] [--seed 1] [--flood 0]

The plain way: the name as written in lower case, with the full birth date. People are invented: names put together from
common parts in five scripts, some in up to four reports with another spelling, script, order, birth date mistyped or
left out; twins and namesakes among them. All pairs of reports of one person count, found or not findable. `--flood`
adds so many people of one name and town, and as many of one birth date, who are not judged. Real names are more, and
spelt in more ways: the figures compare versions of the desk, and promise nothing about a unit's own reports.
"""

from __future__ import annotations

import argparse
import random
import resource
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from time import monotonic, process_time

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from safelight.reports.identifiers.sounds import person_tokens, place_words
from safelight.reports.keep.people import Someone, people_table
from safelight.reports.linking.persons import compare
from safelight.reports.report import Role

_SAID = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_WORDS = {name: said.split() for name, said in _SAID.items() if isinstance(said, str)}
_TOWNS = {script: (said[0], said[1:]) for script, said in _SAID["towns"].items()}
_GOST = _SAID["gost"]
_GERMAN = {
    **_GOST,
    "в": "w",
    "ж": "sch",
    "й": "j",
    "х": "ch",
    "ц": "z",
    "ч": "tsch",
    "ш": "sch",
    "ю": "ju",
    "я": "ja",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A person in one report: the name as written, the rest as a reader stores it; `how` it differs from the first."""

    who: int
    name: str
    someone: Someone
    how: str


def _latin(word: str, table: dict[str, str]) -> str:
    return "".join(table.get(letter, letter) for letter in word.lower()).replace("_", "").title()


def _name(rng: random.Random) -> tuple[str, str, list[str]]:
    """The script, the name in it, and ways to write it in Latin letters."""
    script = rng.choices(tuple(_TOWNS), weights=(50, 18, 14, 10, 8))[0]
    few = rng.random() ** 2  # a few names are common
    if script == "latin":
        given = _WORDS["latin_given"][int(few * len(_WORDS["latin_given"]))]
        middle = f" {rng.choice(_WORDS['latin_given'])}" if rng.random() < 0.15 else ""
        name = f"{given}{middle} {rng.choice(_WORDS['latin_stems'])}{rng.choice(_WORDS['latin_ends'])}"
        plain = name.replace("ü", "ue").replace("ö", "oe").replace("ß", "ss").replace("ä", "ae")
        return script, name, [plain]
    if script == "cyrillic":
        given = _WORDS["cyrillic_given"][int(few * len(_WORDS["cyrillic_given"]))]
        name = f"{given} {rng.choice(_WORDS['cyrillic_stems'])}{rng.choice(_WORDS['cyrillic_ends'])}"
        return (
            script,
            name,
            [" ".join(_latin(word, table) for word in name.split()) for table in (_GOST, _GERMAN)],
        )
    if script == "chinese":
        family, given = (
            rng.choice(tuple(_SAID["chinese_family"])),
            "".join(rng.choices(tuple(_SAID["chinese_given"]), k=rng.choice((1, 2, 2)))),
        )
        latin = "".join(_SAID["chinese_given"][one] for one in given).title()
        return (
            script,
            family + given,
            [f"{_SAID['chinese_family'][family]} {latin}", f"{latin} {_SAID['chinese_family'][family]}"],
        )
    givens, families = _SAID[f"{script}_given"], _SAID[f"{script}_family"]
    given, family = rng.choice(tuple(givens)), rng.choice(tuple(families))
    middle = rng.choice(tuple(givens)) if script == "arabic" and rng.random() < 0.3 else ""
    native = " ".join(filter(None, (given, middle, family)))
    latin = [
        " ".join(rng.choice(givens[one]) for one in (given, middle) if one)
        + " "
        + rng.choice(families[family])
        for _ in range(3)
    ]
    return script, native, latin


def make(people: int, seed: int) -> list[Told]:
    """So many people told of in as many reports, a third of them in several."""
    rng = random.Random(seed)
    made: list[Told] = []
    who = 0
    while len(made) < people:
        role = Role.REPORTED if rng.random() < 0.7 else Role.VICTIM
        script, native, latin = _name(rng)
        youngest = date(2020, 1, 1) if role is Role.VICTIM else date(2008, 1, 1)
        born = youngest - timedelta(days=rng.randrange(365 * (16 if role is Role.VICTIM else 50)))
        country, towns = _TOWNS[script]
        town, sex = rng.choice(towns), rng.choice("mf")
        first = native if rng.random() < 0.4 else rng.choice(latin)
        whole = Someone(0, role, (), born, born.year, country, place_words(town), sex)
        copies = rng.choices((1, 2, 3, 4), weights=(70, 20, 7, 3))[0]
        for copy in range(copies):
            name, someone, how = (
                (first, _bare(rng, whole), "first")
                if copy == 0
                else _changed(rng, first, native, latin, whole)
            )
            someone = replace(someone, report=len(made), tokens=person_tokens(name))
            made.append(Told(who, name, someone, how))
        who += 1
        if rng.random() < 0.02:  # a twin: the same family name, day and town
            parts = latin[0].split()
            name = f"{rng.choice(_WORDS['latin_given'])} {parts[-1]}"
            twin = replace(_bare(rng, whole), report=len(made), tokens=person_tokens(name))
            made.append(Told(who, name, twin, "first"))
            who += 1
    return made[:people]


def _bare(rng: random.Random, whole: Someone) -> Someone:
    """Not every report says everything."""
    city = whole.city if rng.random() < 0.5 else None
    known = replace(whole, country=whole.country if rng.random() < 0.7 else None, city=city)
    known = replace(known, sex=whole.sex if rng.random() < 0.6 else None)
    if known.city and rng.random() < 0.15:
        return replace(known, born=None, year=None)
    return known


def _changed(
    rng: random.Random, first: str, native: str, latin: Sequence[str], whole: Someone
) -> tuple[str, Someone, str]:
    someone = _bare(rng, whole)
    how = rng.choices(
        (
            "as before",
            "spelling",
            "script",
            "order",
            "typing error",
            "fewer names",
            "date digit",
            "date exchanged",
            "year only",
        ),
        weights=(20, 15, 20, 10, 12, 5, 7, 4, 7),
    )[0]
    name, born = first, whole.born
    assert born is not None
    if how == "spelling":
        name = rng.choice(latin)
    elif how == "script":
        name = rng.choice(latin) if first == native else native
    elif how == "order":
        name = " ".join(reversed(first.split()))
    elif how == "typing error":
        at = rng.randrange(1, max(2, len(first) - 1))
        name = rng.choice((first[:at] + first[at + 1 :], first[:at] + first[at] + first[at:]))
    elif how == "fewer names":
        parts = first.split()
        name = f"{parts[0]} {parts[-1]}" if len(parts) > 2 else first
    elif how == "date digit":
        wrong = born + timedelta(days=rng.choice((-10, 10, 1, -1, 3653, -3653)))
        someone = replace(someone, born=wrong, year=wrong.year)
    elif how == "date exchanged" and born.day <= 12:
        someone = replace(someone, born=date(born.year, born.day, born.month))
    elif how == "year only":
        someone = replace(someone, born=None, year=born.year)
    return name, someone, how


def flood(told: list[Told], many: int) -> list[Told]:
    """As many people again of one name and town, and as many of one day with names of their own."""
    made = list(told)
    day = date(1990, 6, 7)
    for number in range(many):
        one = Someone(
            len(made), Role.REPORTED, ("anna", "bergmann"), None, 1950 + number % 50, "DE", "berlin"
        )
        made.append(Told(-1 - len(made), "Anna Bergmann", one, "flood"))
        other = Someone(len(made), Role.REPORTED, person_tokens(f"Anna {_letters(number)}"), day, 1990, "DE")
        made.append(Told(-1 - len(made), f"Anna {_letters(number)}", other, "flood"))
    return made


def _letters(number: int) -> str:
    return "".join(chr(98 + int(digit)) + "ae"[int(digit) % 2] for digit in f"{number:06d}")


def judged(told: Sequence[Told], pairs: Iterable[tuple[int, int]]) -> tuple[float, float, dict[str, float]]:
    """Precision and recall over all pairs of reports that links join; and the share of changed ones that are joined."""
    ends = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(len(told), len(told)))
    _, label = connected_components(graph.tocsr(), directed=False)
    of_persons = [int(at) for one, at in zip(told, label, strict=True) if one.how != "flood"]
    joined = sum(n * (n - 1) // 2 for n in Counter(of_persons).values())
    true = sum(n * (n - 1) // 2 for n in Counter(one.who for one in told).values())
    both = Counter((one.who, int(at)) for one, at in zip(told, label, strict=True))
    right = sum(n * (n - 1) // 2 for n in both.values())
    first = {one.who: at for at, one in reversed(list(enumerate(told)))}
    by_how: dict[str, list[bool]] = defaultdict(list)
    for at, one in enumerate(told):
        if one.how not in ("first", "flood"):
            was = first[one.who]
            by_how[one.how].append(bool(label[at] == label[was]))
            if one.someone.born and one.someone.born == told[was].someone.born:
                by_how["(both state the true birth date)"].append(bool(label[at] == label[was]))
    shares = {how: sum(found) / len(found) for how, found in sorted(by_how.items())}
    return right / max(joined, 1), right / max(true, 1), shares


def plain(told: Sequence[Told]) -> list[tuple[int, int]]:
    """Equal names in lower case with an equal birth date, of one role."""
    first: dict[tuple[Role, str, date], int] = {}
    pairs = []
    for at, one in enumerate(told):
        if one.someone.born is not None:
            key = (one.someone.role, one.name.lower(), one.someone.born)
            pairs.append((first.setdefault(key, at), at))
    return [(a, b) for a, b in pairs if a != b]


def main() -> None:
    """Run both and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--people", type=int, default=200_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--flood", type=int, default=0)
    said = options.parse_args()
    told = flood(make(said.people, said.seed), said.flood)
    begun = monotonic()
    pairs = plain(told)
    plain_seconds = monotonic() - begun
    begun = monotonic()
    table = people_table([one.someone.report for one in told], [one.someone for one in told])
    columns_seconds = monotonic() - begun
    begun, cpu = monotonic(), process_time()
    found = compare(table)
    seconds, cpu = monotonic() - begun, process_time() - cpu
    print(f"{len(told):,} people of {len({one.who for one in told}):,} persons; seed {said.seed}")
    print(
        f"compared {found.pairs:,} pairs; {found.passed_over:,} people passed over in some block; "
        f"{found.left_out:,} links left out"
    )
    ours = [(one.a, one.b) for one in found.alike]
    rows = [("plain way", plain_seconds, pairs), ("alike", seconds, ours)]
    print(f"{'':12}{'seconds':>9}{'precision':>11}{'recall':>8}")
    by_how = {}
    for name, took, links in rows:
        precision, recall, by_how[name] = judged(told, links)
        print(f"{name:12}{took:9.2f}{precision:11.4f}{recall:8.4f}")
    print(f"alike took {cpu:.2f} s of one core's time")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"columns at import: {columns_seconds:.2f} s; peak {peak:.2f} GB")
    print(f"\n{'joined with the first, by what changed':40}{'plain':>8}{'alike':>8}")
    for how, share in by_how["alike"].items():
        print(f"{how:40}{by_how['plain way'][how]:8.3f}{share:8.3f}")


if __name__ == "__main__":
    main()
