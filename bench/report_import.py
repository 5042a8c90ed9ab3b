"""`reports import` of CyberTipline XML: reports a second on one core, peak memory, and a plain way in the same run.

    .venv/bin/python bench/report_import.py [--reports 100000] [--seed 1]

Invented reports with 4, 6 and 12 identifiers, of which as many come again as in a national flood (a person has one or
a few reports, carriers' addresses and viral files are many people's), and 12 that all differ, which is the worst there
is. The verb does all of it: parse, normalise, compare with what is known, compress, encrypt, store. Each case runs in
a process of its own, bound to one core, after one report that loads what is loaded once (`start`). Where other work
shares the core, reports a second of CPU say more than reports a second. The last line imports the first case again,
five times as large: memory must not grow with it.

The plain way, with the same parser on the same files: `lxml.etree.iterparse`, a row for each report and each
identifier as it is written, pandas, Parquet. It normalises nothing, knows no report again, survives no kill, encrypts
nothing, and stops at the first bad byte.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic, process_time

from safelight.reports.cybertip_values import PICTURES

GOAL = 4_000
"""XML reports a second and core."""
_MIXING = 0x9E3779B97F4A7C15F39CC0605CEDC835
_START = datetime(2025, 1, 1, tzinfo=UTC)
_TEXTS = (
    "The account was closed after a routine check of uploads.",
    "The file was found by comparison with a list of known material.",
    "The account holder wrote that he looks after the children of a neighbour at weekends &amp; on holidays.",
    "A moderator reports that an adult asked a child for a meeting. No date is named.",
    "The upload was seen in a group with many members; nothing else is known of the account.",
)
_PROVIDERS = ("Chatter One", "Photo Corner, Inc.", "Example Mail", "Streamline Ltd", "Play Room")


@dataclass(frozen=True, slots=True)
class Case:
    """What one document is like. `again`: whether values come again as in a flood."""

    name: str
    identifiers: int
    again: bool


CASES = (
    Case("4 identifiers", 4, True),
    Case("6 identifiers", 6, True),
    Case("12 identifiers", 12, True),
    Case("12, all different", 12, False),
)


def document(path: Path, case: Case, count: int, seed: int, begin: int = 0) -> None:
    """Write a document of so many reports, numbered from `begin` on."""
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<reports>\n')
        file.writelines(_reports(case, range(begin, begin + count), random.Random(f"{case.name} {seed}")))
        file.write("</reports>\n")


def _reports(case: Case, numbers: range, chosen: random.Random) -> Iterator[str]:
    count = len(numbers)
    for number in numbers:
        # A person has 1.4 reports on average, a carrier's address a thousand, half of the files come again and again.
        who = chosen.randrange(count * 7 // 10) if case.again else number
        shared = chosen.randrange(max(1, count // 1000)) if case.again else number
        viral = case.again and chosen.random() < 0.5
        file = int(chosen.paretovariate(1.2)) if viral else 1_000_000 + number
        yield _report(case.identifiers, number, who, shared, file, chosen)


def _report(identifiers: int, number: int, who: int, shared: int, file: int, chosen: random.Random) -> str:
    at = (_START + timedelta(seconds=31 * number)).strftime("%Y-%m-%dT%H:%M:%SZ")
    hour = (_START + timedelta(hours=who % 8000)).strftime("%Y-%m-%dT%H:%M:%SZ")
    provider = _PROVIDERS[who % len(_PROVIDERS)]
    person = f"<email>user.{who}@example{who % 40}.org</email>"
    account = f"<espIdentifier>{10**9 + who}</espIdentifier><espService>{provider}</espService>"
    captures = _capture(_address(shared), "Upload", at, None)
    digests = f'<originalFileHash hashType="MD5">{file * _MIXING % 2**128:032x}</originalFileHash>'
    more = victim = ""
    if identifiers >= 6:
        account += f"<screenName>name_{who}</screenName>"
        captures += _capture(_address(who + 7_000_000), "Login", hour, 1024 + who % 60000)
    if identifiers >= 12:
        first, last = ("Robin", "Kim", "Alex", "Noor")[who % 4], f"Sample{_letters(who)}"
        person = (
            f"<firstName>{first}</firstName><lastName>{last}</lastName><phone>+49151{10**7 + who % 10**7:08d}</phone>"
            f"{person}<age>{20 + who % 50}</age>"
        )
        account += (
            f"<displayName>{first} {who}</displayName>"
            f"<profileUrl>https://chatter.example.org/u/{who}</profileUrl>"
        )
        device = who * _MIXING % 2**64
        captures += f"<deviceId><idType>Android</idType><idValue>{device:016x}</idValue></deviceId>"
        victim = (
            f"<victim><victimPerson><age>{8 + who % 9}</age></victimPerson>"
            f"<screenName>kid_{number % 977}_{who}</screenName></victim>"
        )
    if chosen.random() < 0.25 or identifiers >= 12:
        more = f"<additionalInfo>{chosen.choice(_TEXTS)}</additionalInfo>"
    return (
        f"<report><reportId>{100_000_000 + number}</reportId><incidentSummary><incidentType>{PICTURES}</incidentType>"
        f"<incidentDateTime>{at}</incidentDateTime></incidentSummary><reporter>"
        f"<reportingPerson><firstName>{provider}</firstName></reportingPerson></reporter><personOrUserReported>"
        f"<personOrUserReportedPerson>{person}</personOrUserReportedPerson>{account}{captures}{more}"
        f"</personOrUserReported>{victim}<fileDetails><fileId>f{number}</fileId><fileName>{number}.jpg</fileName>"
        f"<fileViewedByEsp>false</fileViewedByEsp><industryClassification>B2</industryClassification>{digests}"
        "</fileDetails></report>\n"
    )


def _address(number: int) -> str:
    mixed = number * 2654435761 % 2**24
    return f"{80 + number % 12}.{mixed >> 16}.{mixed >> 8 & 255}.{mixed & 255}"


def _letters(number: int) -> str:
    said = ""
    while number:
        number, letter = divmod(number, 20)
        said += "bcdfghklmnprstvwxzaeo"[letter]
    return said


def _capture(address: str, event: str, at: str, port: int | None) -> str:
    said = "" if port is None else f"<port>{port}</port>"
    return (
        f"<ipCaptureEvent><ipAddress>{address}</ipAddress><eventName>{event}</eventName><dateTime>{at}</dateTime>{said}"
        "</ipCaptureEvent>"
    )


def take_in(path: Path) -> dict[str, float]:
    """Import the document through the verb."""
    from safelight.model import Authority, Basis, Capability
    from safelight.settings import Settings
    from safelight.workspace import Workspace

    folder = path.parent / "w"
    config = Settings(workspace=folder / "w", key_folder=folder / "k")
    with Workspace(config.workspace, config, evaluation=True) as house:
        today = datetime.now(UTC).date()
        allows = frozenset({Capability.REPORT_TRIAGE})
        house.open_case("bench", Authority(Basis.STATUTE, "B", "bench", today, date(2099, 1, 1), allows))
        begun = monotonic()
        first = path.with_name("first.xml")
        document(first, CASES[-1], 1, 0, begin=899_999_999)
        house.import_reports([first])
        start = monotonic() - begun
        begun, cpu = monotonic(), process_time()
        found = house.import_reports([path])
        seconds, cpu = monotonic() - begun, process_time() - cpu
    assert found["new"] == found["reports"], found
    assert not found["unreadable"], found
    stored = sum(one.stat().st_size for one in (folder / "w").rglob("*") if one.is_file())
    return {"reports": found["reports"], "seconds": seconds, "cpu": cpu, "stored": stored, "start": start}


_PLAIN = (
    "email",
    "phone",
    "espIdentifier",
    "screenName",
    "displayName",
    "profileUrl",
    "ipAddress",
    "idValue",
)


def plain(path: Path) -> dict[str, float]:
    """The plain way."""
    import pandas as pd
    from lxml import etree

    begun, cpu = monotonic(), process_time()
    reports, identifiers = [], []
    for _, report in etree.iterparse(path, tag="report"):
        number = report.findtext("reportId")
        reports.append(
            {
                "report": number,
                "incident": report.findtext("incidentSummary/incidentType"),
                "at": report.findtext("incidentSummary/incidentDateTime"),
                "text": report.findtext(".//additionalInfo"),
            }
        )
        for one in report.iter(*_PLAIN, "firstName", "lastName", "originalFileHash"):
            identifiers.append({"report": number, "kind": one.tag, "value": one.text})
        report.clear()
        while report.getprevious() is not None:
            del report.getparent()[0]
    pd.DataFrame(reports).to_parquet(path.with_suffix(".reports.parquet"))
    pd.DataFrame(identifiers).to_parquet(path.with_suffix(".identifiers.parquet"))
    return {"reports": len(reports), "seconds": monotonic() - begun, "cpu": process_time() - cpu}


WAYS: dict[str, Callable[[Path], dict[str, float]]] = {"take_in": take_in, "plain": plain}


def alone(way: str, path: Path) -> dict[str, float]:
    """Run one way in a process of its own on one core; its figures with its peak of resident memory in MiB."""
    command = [sys.executable, __file__, "--only", way, "--file", str(path)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    return found


def one_way(way: str, path: Path) -> None:
    """In a process of its own: bind it, run it, print its figures."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    found = WAYS[way](path)
    print(json.dumps({**found, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def main() -> None:
    """Make the documents, read them both ways, print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reports", type=int, default=100_000, help="reports of a document (100000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.only:
        one_way(wanted.only, wanted.file)
        return
    for case in CASES:
        measure(case, wanted.reports, wanted.seed)
    measure(CASES[0], 5 * wanted.reports, wanted.seed)


def measure(case: Case, count: int, seed: int) -> None:
    """One case both ways."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reports.xml"
        document(path, case, count, seed)
        size = path.stat().st_size / count
        ours, theirs = alone("take_in", path), alone("plain", path)
    rate, other = count / ours["seconds"], count / theirs["seconds"]
    print(
        f"{case.name:>17}, {count:,} reports of {size:,.0f} bytes: {rate:,.0f} reports/s ({rate / GOAL:.2f} of the "
        f"goal {GOAL:,}), {count / ours['cpu']:,.0f} a second of CPU, {ours['stored'] / count:.0f} bytes stored each, "
        f"peak {ours['peak']:.0f} MiB, start {ours['start']:.1f} s; plain {other:,.0f}/s, "
        f"peak {theirs['peak']:.0f} MiB; ratio {rate / other:.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
