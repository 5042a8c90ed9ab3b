"""`persons match` at the size of a register, through the whole store: time, CPU and peak memory of every step.

    python bench/persons_match.py            # 40,137 found against 65,906 missing, 1,000 of them planted
    python bench/persons_match.py --small    # a twentieth of it, a minute

Everybody has an entry with sealed facts, a photograph's record and a sealed template, as `persons enrol` leaves them;
filling the store so is printed and is no part of the claim. Then each verb runs in a process of its own: `match`,
`review next`, `leads`, `persons outcomes` and `export html`. Goal on two cores: match in less than 3 minutes and 3 GB,
`review next` and `leads` in less than 5 seconds.

Faces are drawn templates (`persons_search.Drawn`), facts drawn words and numbers: no face was seen and nobody is meant.
Of who is planted, the register of the missing and the shelter state the same sex, and about the same birth year, height
and place, the name only now and then. So what is printed of who was found says whether the statistics hold, how many
candidates chance gave against how many it was said to give, and nothing of how often children are recognised.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # idle threads do not spin away time

import faiss
import numpy as np

from persons_search import Drawn
from safelight.model import Authority, Basis, Capability, Ground
from safelight.persons.keep.people import ENROLLED, Kept, People, Photo, id_of
from safelight.persons.person import Days, Facts, Seen, Sex, Span, Status
from safelight.persons.portraits.embedders import embedder
from safelight.persons.protocol import Floats
from safelight.settings import Settings
from safelight.workspace import Workspace, open_workspace

FOUND, MISSING, PLANTED = 40_137, 65_906, 1_000
SMALL = 20
TOP = 10
_AT_ONCE = 2_000
_ACTOR = "bench"
_SYLLABLES = (
    *("ba", "ri", "mo", "ta", "le", "su", "ka", "ni", "do", "ve"),
    *("pa", "lu", "sha", "fe", "go", "zi", "ra", "me", "to", "hu"),
)
_LANGUAGES = ("hi", "bn", "ur", "pa", "ne", "mai", "ta", "te")
_MARKS = ("scar on left forearm", "mole on right cheek", "birthmark on neck", "burn scar on right hand")
_TOWNS = 200
_LAST = date(2026, 1, 1)


def main() -> None:
    """Fill a store, run the verbs, print."""
    options = _options()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    scale = SMALL if options.small else 1
    found, missing, planted = options.found // scale, options.missing // scale, options.planted // scale
    folder = Path(options.folder or tempfile.mkdtemp(prefix="safelight-match-"))
    print(
        f"{found:,} found × {missing:,} missing, {planted:,} planted; {options.cores} cores, seed {options.seed}"
    )
    print(f"\n{'':16}{'elapsed':>10}{'CPU':>10}{'peak memory':>13}")
    try:
        if not (folder / "ready").exists():
            _measured("(filling)", fill, folder, found, missing, planted, options.seed)
            (folder / "ready").touch()
        told = _measured("match", match, folder, options.cores, planted)
        _measured("review next", review_next, folder)
        _measured("review next 2", review_next, folder)
        _measured("leads", leads, folder)
        _measured("outcomes", outcomes, folder)
        _measured("export html", export_html, folder)
        size = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
        print(f"\nstore {size / 1e6:,.0f} MB\n{told}")
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


def fill(folder: Path, found: int, missing: int, planted: int, seed: int) -> str:
    """A workspace with everybody in it, whose first `planted` found people are the first of the missing."""
    with open_workspace(folder / "ws", config=_config(folder), evaluation=True, actor=_ACTOR) as workspace:
        today = datetime.now(UTC).date()
        authority = Authority(
            Basis.STATUTE, "bench", "bench", today, today + timedelta(300),
            frozenset((Capability.FACE_SEARCH, Capability.EXPORT)), "chief", Ground.MISSING_PERSON,
        )  # fmt: skip
        case = workspace.open_case("bench", authority)
        drawn, people = Drawn(seed), Stated(seed)
        natures = drawn.natures(missing)
        facts = [people.missing() for _ in range(missing)]
        _enrol(workspace, case.id, Status.MISSING, drawn.photographs(natures), iter(facts))
        vectors = np.concatenate(
            [drawn.photographs(natures[:planted]), drawn.photographs(drawn.natures(found - planted))]
        )
        same = (people.found_of(one) for one in facts[:planted])
        others = (people.found_of(people.missing()) for _ in range(found - planted))
        _enrol(workspace, case.id, Status.FOUND, vectors, (one for some in (same, others) for one in some))
    return ""


def match(folder: Path, cores: int, planted: int) -> str:
    """`persons match`, and what it says beside what is true."""
    faiss.omp_set_num_threads(cores)
    with _open(folder) as workspace:
        told = workspace.match_persons(top=TOP)
    true = [one for one in told["candidates"] if _number(one["probe"]) == _number(one["person_id"]) < planted]
    first = sum(one["rank"] == 1 for one in true)
    by_chance = len(told["candidates"]) - len(true)
    low, high = told["expected_interval"]
    return (
        f"planted {planted:,}: {len(true):,} are candidates, {first:,} at rank 1 ({first / max(planted, 1):.1%})\n"
        f"candidates {len(told['candidates']):,}, of whom {by_chance:,} are not planted; expected by chance "
        f"{told['expected_by_chance']:,.0f} ({low:,.0f} to {high:,.0f})\n"
        f"{told['meaning']}\n{told['calibration']}"
    )


def review_next(folder: Path) -> str:
    """The next list to decide."""
    with _open(folder) as workspace:
        if workspace.next_review() is None:
            sys.exit("nothing waits for a decision")
    return ""


def leads(folder: Path) -> str:
    """The first fifty leads, as the command prints them."""
    with _open(folder) as workspace:
        workspace.leads(top=50)
    return ""


def outcomes(folder: Path) -> str:
    """The ledger in numbers."""
    with _open(folder) as workspace:
        workspace.person_outcomes()
    return ""


def export_html(folder: Path) -> str:
    """The page of the case's leads."""
    out = folder / "case.html"
    out.unlink(missing_ok=True)
    with _open(folder) as workspace:
        workspace.export("html", out)
    return ""


class Stated:
    """Draws what registers state of people who do not exist."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._towns = [
            Seen(self._word(3), "IN", self._random.uniform(10, 30), self._random.uniform(72, 88))
            for _ in range(_TOWNS)
        ]

    def missing(self) -> Facts:
        """Of somebody whose family knows them well."""
        draw = self._random
        seen = _LAST - timedelta(draw.randrange(1, 1500))
        age = draw.uniform(3, 17)
        town = draw.choice(self._towns)
        return Facts(
            names=(f"{self._word(2)} {self._word(3)}",),
            sex=draw.choice((Sex.FEMALE, Sex.MALE)),
            born=Days.of(seen - timedelta(round(365.25 * age))),
            born_from="birth date",
            height=self._height(age, 4) if draw.random() < 0.6 else None,
            height_on=Days.of(seen),
            marks=(draw.choice(_MARKS),) if draw.random() < 0.2 else (),
            languages=(draw.choice(_LANGUAGES),),
            seen=Seen(town.place, town.country, town.latitude, town.longitude, Days.of(seen)),
            source=f"station {draw.randrange(60)}",
        )

    def found_of(self, one: Facts) -> Facts:
        """Of the same person, by a shelter some weeks to two years later, which has to guess most of it."""
        draw = self._random
        if one.seen is None or one.seen.days is None or one.born is None:
            raise ValueError("nobody whose day and birth are not stated is drawn")
        seen = one.seen.days.first + timedelta(draw.randrange(1, 700))
        age = (seen - one.born.first).days / 365.25
        guess = max(1.0, age + draw.gauss(0, 1))
        town = draw.choice(self._towns) if draw.random() < 0.3 else one.seen
        return Facts(
            names=one.names if draw.random() < 0.3 else (),
            sex=one.sex,
            born=Days(
                seen - timedelta(round(365.25 * (guess + 1.5))),
                seen - timedelta(round(365.25 * max(0.0, guess - 1.5))),
            ),
            born_from="estimated age",
            height=self._height(age, 1),
            height_on=Days.of(seen),
            marks=one.marks if draw.random() < 0.7 else (),
            languages=one.languages if draw.random() < 0.7 else (),
            seen=Seen(town.place, town.country, town.latitude, town.longitude, Days.of(seen)),
            source=f"shelter {draw.randrange(40)}",
        )

    def _height(self, age: float, wide: float) -> Span:
        middle = 80 + 5.6 * min(age, 16) + self._random.gauss(0, 5)
        return Span(round(middle - wide), round(middle + wide))

    def _word(self, syllables: int) -> str:
        return "".join(self._random.choices(_SYLLABLES, k=syllables)).capitalize()


def _enrol(workspace: Workspace, case: str, status: Status, vectors: Floats, facts: Iterator[Facts]) -> None:
    version = embedder(workspace.config.face_embedder).version
    for start in range(0, len(vectors), _AT_ONCE):
        with workspace.database.transaction() as connection:
            people = People(connection, workspace.keys, case)
            for number in range(start, min(start + _AT_ONCE, len(vectors))):
                name = f"{status}-{number}"
                person = id_of(people.case_sealer, status, name)
                people.add(Kept(person, status, name, status, next(facts)))
                digest = name.encode().rjust(32, b"-")
                people.put_photo(person, Photo(digest, ENROLLED, f"{name}.jpg", quality=0.9, face=1, faces=1))
                people.put_template(person, digest, version, vectors[number].astype("<f4").tobytes())


def _measured(name: str, step: Callable[..., str], *given: Any) -> str:
    """Run a step in a process of its own and print what it took."""
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(there, step, given))
    process.start()
    there.close()
    try:
        told, elapsed, cpu, memory = here.recv()
    except EOFError:
        process.join()
        sys.exit(f"{name} failed")
    process.join()
    print(f"{name:16}{elapsed:8.1f} s{cpu:8.1f} s{memory / 1e9:10.2f} GB", flush=True)
    return str(told)


def _run(there: Any, step: Callable[..., str], given: tuple[Any, ...]) -> None:
    start = time.perf_counter()
    told = step(*given)
    elapsed = time.perf_counter() - start
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(one.ru_utime + one.ru_stime for one in used)
    there.send((told, elapsed, cpu, _peak()))


def _peak() -> int:
    """The most memory this process had, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def _open(folder: Path) -> Workspace:
    return open_workspace(folder / "ws", config=_config(folder), actor=_ACTOR)


def _config(folder: Path) -> Settings:
    return Settings(workspace=folder / "ws", key_folder=folder / "keys")


def _number(name: str) -> int:
    return int(name.rpartition("-")[2])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", action="store_true", help=f"1 in {SMALL} of the people")
    parser.add_argument("--found", type=int, default=FOUND)
    parser.add_argument("--missing", type=int, default=MISSING)
    parser.add_argument("--planted", type=int, default=PLANTED, help="found people who are among the missing")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--folder", help="for the store; one that an earlier run kept is used again")
    parser.add_argument("--keep", action="store_true", help="leave the store there")
    return parser.parse_args()


if __name__ == "__main__":
    main()
