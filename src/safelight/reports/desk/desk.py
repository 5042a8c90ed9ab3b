"""The report desk over one case: what the workspace's verbs hand over to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import numpy as np

from safelight.errors import UsageError
from safelight.governance.gate import Permit
from safelight.hashsets import library
from safelight.matching.match import Matcher
from safelight.model import Case
from safelight.progress import Progress
from safelight.reports.desk import acts, elusion, labels, learn, measure, media, page, routing, ties, work
from safelight.reports.desk.acts import Act
from safelight.reports.desk.explain import entry
from safelight.reports.desk.media import MediaSaid
from safelight.reports.desk.rank import Ranked, rank
from safelight.reports.intake.take_in import take_in
from safelight.reports.intake.taken import Taken
from safelight.reports.keep.columns import key_of, own_number, report_id
from safelight.reports.keep.store import ReportStore
from safelight.reports.scoring import score
from safelight.settings import Settings
from safelight.store.database import Database
from safelight.store.keys import KeyRing, Sealer

FOLDER = "reports"
"""Below the workspace: the columns of reports, a folder a case."""


class House(Protocol):
    """What the desk needs of the workspace."""

    folder: Path
    config: Settings
    database: Database
    keys: KeyRing


class Desk:
    """The reports of a permit's case. Made for one verb, forgotten after it."""

    def __init__(
        self, house: House, permit: Permit, seen: Mapping[str, Sequence[MediaSaid]] | None = None
    ) -> None:
        """`seen` is what the look at reports' files says, by the report's id."""
        self.house, self.permit, self._media = house, permit, seen or {}
        self.case: Case = permit.the_case
        with permit.transaction() as connection:
            self.sealer: Sealer = permit.sealer(connection)
        self.store = ReportStore(house.folder / FOLDER, self.case.id, self.sealer)

    def take_in(
        self, paths: Sequence[Path], format_: str, columns: Mapping[str, object], progress: Progress
    ) -> Taken:
        """`reports import`, without its media."""
        return take_in(self.house, self.permit, self.store, self.sealer, paths, format_, columns, progress)

    def ranked(self, progress: Progress, texts_at_most: int | None = None) -> Ranked:
        """The order as it is now."""
        return rank(
            self.house,
            self.permit,
            self.store,
            self.sealer,
            progress,
            texts_at_most=texts_at_most,
            seen=media.standing(self._media),
        )

    def summary(self, ranked: Ranked, top: int, started: float, undecided: bool = False) -> dict[str, Any]:
        """What `reports rank --json` prints: counts, the first `top` of the queue, what the order may miss."""
        labelled = self.labelled()
        taken = self.held(labelled)
        decided = {one: made.label for one, made in labelled.items()}
        places, waiting = work.waiting(ranked, labelled)
        again = dict(zip(places.tolist(), waiting.tolist(), strict=True))
        shown = places[:top].tolist() if undecided else range(len(ranked.order))[:top]
        numbers = [again[place] if undecided else int(ranked.order[place]) for place in shown]
        queue = [
            {
                **said,
                "place": place + 1,
                "decided": decided.get(said["id"]),
                "news": said["id"] in decided and place in again,
                "held_by": taken[said["id"]].by if said["id"] in taken else None,
            }
            for place, said in zip(shown, self.entries(ranked, numbers), strict=True)
        ]
        return {
            "reports": int(ranked.current.sum()),
            "lines": len(ranked.order),
            "clusters": int((ranked.sizes > 1).sum()),
            "seconds": round(monotonic() - started, 3),
            "provisional": ranked.provisional,
            "elusion": elusion.estimate(ranked, self.drawn(), decided),
            "queue": queue,
        }

    def entries(self, ranked: Ranked, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """The entries of some reports in the queue, in the order of their numbers here; see `explain.entry`."""
        bodies = dict(self.store.reports(ranked.segments, numbers))
        return [entry(ranked, number, bodies[number]) for number in numbers]

    def number(self, ranked: Ranked, wanted: str) -> int:
        """The newest version's number of a report: by its id at the desk or the beginning of it, or by its own number.

        Raises UsageError where there is none, or several are meant.
        """
        found = self._by_id(ranked, wanted.removeprefix("R-")) if wanted.startswith("R-") else []
        found = found or self._by_own_number(ranked, wanted)
        if not found:
            raise UsageError(f"There is no report '{wanted}'.", "`safelight reports rank` shows ids.")
        if len(found) > 1:
            ids = ", ".join(self.id_of(ranked, one) for one in found[:5])
            raise UsageError(f"'{wanted}' may be several reports: {ids}.", "Name one by its id.")
        return int(found[0])

    def _by_id(self, ranked: Ranked, digits: str) -> list[int]:
        if not 1 <= len(digits) <= 16 or not set(digits.casefold()) <= set("0123456789abcdef"):
            return []
        if len(digits) == 16:
            return list(ranked.rows.newest([key_of(digits)]).values())
        rest = np.uint64(64 - 4 * len(digits))
        same = ranked.rows["key"] >> rest == np.uint64(key_of(digits))
        made: list[int] = np.flatnonzero(same & ranked.current).tolist()
        return made

    def _by_own_number(self, ranked: Ranked, wanted: str) -> list[int]:
        same = ranked.rows["own"] == np.uint64(own_number(wanted, self.store.hashed))
        made: list[int] = np.flatnonzero(same & ranked.current).tolist()
        return made

    def id_of(self, ranked: Ranked, number: int) -> str:
        """The id at the desk of a report's number."""
        return report_id(int(ranked.rows["key"][number]))

    # What people did.

    def done(self, *kinds: str) -> list[Act]:
        """What people did at this desk, oldest first."""
        with self.permit.transaction() as connection:
            return acts.acts(connection, self.sealer, self.case.id, *kinds)

    def record(self, kind: str, report: str, said: Mapping[str, Any]) -> Act:
        """Write down what the acting person does."""
        with self.permit.transaction() as connection:
            return acts.record(connection, self.sealer, self.case.id, kind, report, self.permit.actor, said)

    def labelled(self) -> dict[str, labels.Labelled]:
        """The last decision about each report that somebody decided about, by its id."""
        with self.permit.transaction() as connection:
            return labels.last(connection, self.sealer, self.case.id)

    def decided(self) -> dict[str, str]:
        """The last label of each report that somebody decided about, by its id."""
        return {report: one.label for report, one in self.labelled().items()}

    def held(self, labelled: Mapping[str, labels.Labelled]) -> dict[str, work.Held]:
        """What is held now, by the report's id; `labelled` as from the method of that name."""
        return work.held(self.done(acts.HOLD, acts.RELEASE), labelled, datetime.now(UTC))

    def drawn(self) -> list[str]:
        """Ids of the low band's random sample, all draws together."""
        return [one for act in self.done(acts.SAMPLE) for one in act.said["ids"]]

    # Verbs.

    def next(self, ranked: Ranked, desk: str, minutes: float) -> dict[str, Any] | None:
        """The next report for a desk, held for the acting person; the one they hold already comes again."""
        now = datetime.now(UTC)
        made, decided = self.done(acts.HOLD, acts.RELEASE), self.labelled()
        taken = work.held(made, decided, now)
        mine = [one for one in taken.values() if one.by == self.permit.actor and one.desk == desk]
        if mine:
            number, why, until = self.number(ranked, mine[0].report), "held", mine[0].until
        else:
            handed_out = sum(act.kind == acts.HOLD for act in made)
            drawn = work.draw(ranked, decided, taken, handed_out, self.drawn())
            if drawn is None:
                return None
            number, why, until = drawn.number, drawn.why, now + timedelta(minutes=minutes)
            said = {"desk": desk, "until": until.isoformat(), "why": why}
            self.record(acts.HOLD, self.id_of(ranked, number), said)
        report = self.store.report(ranked.segments, number)
        return {
            **entry(ranked, number, report),
            "desk": desk,
            "held_by": self.permit.actor,
            "held_until": until.isoformat(),
            "drawn": why,
            "texts": [{"where": one.where, "text": one.text} for one in report.texts],
        }

    def release(self, ranked: Ranked, wanted: str) -> str:
        """Give a held report back to the queue. UsageError where nobody holds it."""
        report = self.id_of(ranked, self.number(ranked, wanted))
        taken = self.held(self.labelled())
        if report not in taken:
            raise UsageError(f"Nobody holds the report {report}.")
        self.record(acts.RELEASE, report, {"desk": taken[report].desk, "held_by": taken[report].by})
        return report

    def links(self, ranked: Ranked, wanted: str) -> dict[str, Any]:
        """Which reports belong with one, and why."""
        return self._links(ranked, self.number(ranked, wanted))

    def _links(self, ranked: Ranked, number: int) -> dict[str, Any]:
        report = self.store.report(ranked.segments, number)
        made = self.done(acts.CUT, acts.JOIN)
        near = [*ties.others(ranked, number), *ties.edited(ranked, number, made)]
        own = {one: said.report_id for one, said in self.store.reports(ranked.segments, near)}
        return ties.ties(ranked, number, report, self.store.hashed, made, own)

    def edit(self, ranked: Ranked, kind: str, a: str, b: str, reason: str) -> dict[str, Any]:
        """Cut or join the link between two reports; it holds whenever they are linked anew."""
        if not reason.strip():
            raise UsageError("A reason is needed.", "Give --reason.")
        numbers = [self.number(ranked, one) for one in (a, b)]
        if numbers[0] == numbers[1]:
            raise UsageError("These are one report.")
        keys = sorted(f"{int(ranked.rows['key'][one]):016x}" for one in numbers)
        act = self.record(kind, "", {"pair": keys, "reason": reason})
        return {
            "kind": kind,
            "reports": [self.id_of(ranked, one) for one in numbers],
            "by": act.by,
            "at": act.at.isoformat(),
            "reason": reason,
        }

    def show(self, ranked: Ranked, wanted: str) -> dict[str, Any]:
        """Everything about one report."""
        number = self.number(ranked, wanted)
        report = self.store.report(ranked.segments, number)
        with self.permit.transaction() as connection:
            matcher = Matcher(library.open_lists(connection, self.house.folder / "hashsets"))
        where = routing.whereabouts(report)
        said = entry(ranked, number, report)
        return page.page(
            ranked,
            number,
            report,
            said,
            matcher,
            media.shown(self._media.get(self.id_of(ranked, number), ())),
            self._links(ranked, number),
            self.history(ranked, number),
            where,
            routing.units(report, where, said, routing.rules(self.house.config.report_routing)),
        )

    def history(self, ranked: Ranked, number: int) -> list[dict[str, Any]]:
        """Versions of a report, who held it, what of its links was cut and joined, what was decided; oldest first."""
        key, report = ranked.rows["key"][number], self.id_of(ranked, number)
        found = []
        for version in np.flatnonzero(ranked.rows["key"] == key).tolist():
            body = self.store.report(ranked.segments, version)
            at = datetime.fromtimestamp(int(ranked.rows["taken_in"][version]), UTC)
            found.append(
                {
                    "at": at.isoformat(),
                    "what": "version",
                    "number": version,
                    "format": body.format,
                    "files": len(body.files),
                    "retracted": "retracted" in body.annotations,
                }
            )
        found += media.withdrawals(self._media.get(report, ()))
        for act in self.done(acts.HOLD, acts.RELEASE):
            if act.report == report:
                found.append(
                    {"at": act.at.isoformat(), "what": act.kind, "by": act.by, "desk": act.said["desk"]}
                )
        linked = ties.acts_on(ranked, number, self.done(acts.CUT, acts.JOIN))
        near = {other for _, _, other in linked if other is not None}
        own = {one: said.report_id for one, said in self.store.reports(ranked.segments, sorted(near))}
        for act, to, other in linked:
            found.append(
                {
                    "at": act.at.isoformat(),
                    "what": act.kind,
                    "by": act.by,
                    "to": to,
                    "report_id": None if other is None else own[other],
                    "reason": act.said["reason"],
                }
            )
        with self.permit.transaction() as connection:
            for one in labels.of_report(connection, self.sealer, self.case.id, report):
                found.append(
                    {
                        "at": one.at.isoformat(),
                        "what": "decision",
                        "by": one.by,
                        "label": one.label,
                        "note": one.note,
                    }
                )
        return sorted(found, key=lambda one: str(one["at"]))

    def decide(self, ranked: Ranked, wanted: str, label: str, note: str | None) -> labels.Labelled:
        """Record what the acting person concluded about a report."""
        number = self.number(ranked, wanted)
        with self.permit.transaction() as connection:
            return labels.decide(
                connection,
                self.sealer,
                self.case.id,
                self.id_of(ranked, number),
                label,
                self.permit.actor,
                note,
                len(ranked),
            )

    def sample(self, ranked: Ranked, size: int) -> dict[str, Any]:
        """Draw a random sample of the low band for review."""
        ids = elusion.sample(ranked, self.drawn(), size)
        if ids:
            self.record(acts.SAMPLE, "", {"ids": ids})
        return {"drawn": ids, "elusion": elusion.estimate(ranked, self.drawn(), self.decided())}

    def capacity(
        self, ranked: Ranked, people: int, minutes: float, hours: float, days: int
    ) -> dict[str, Any]:
        """What so many people will see by when."""
        return work.capacity(ranked, self.labelled(), people, minutes, hours, days)

    def learn(self, ranked: Ranked) -> dict[str, Any]:
        """Propose weights from decisions; the proposal is kept, and changes nothing."""
        decided = self.decided()
        here = np.isin(ranked.rows["key"], work.keys(decided)) & ranked.current
        decisions = {number: decided[self.id_of(ranked, number)] for number in np.flatnonzero(here).tolist()}
        made = learn.said(learn.propose(ranked, decisions))
        self.record(acts.PROPOSAL, "", made)
        return learn.shown(made, None)

    def accept(self, proposal: str) -> dict[str, Any]:
        """Put a proposal in force, as it was shown, under the acting person's name."""
        kept = next((one.said for one in self.done(acts.PROPOSAL) if one.said["id"] == proposal), None)
        if kept is None:
            raise UsageError(f"There is no proposal '{proposal}'.", "`safelight reports learn` makes one.")
        self.record(acts.WEIGHTS, "", kept)
        return learn.shown(kept, self.permit.actor)

    def evaluate(self, ranked: Ranked, file: Path) -> dict[str, Any]:
        """Measure the order on reports whose truth is known."""
        known = measure.labels(file)
        wanted = {one.report_id for one in known}
        here: dict[str, tuple[int, Mapping[str, str]]] = {}
        for number, report in self.store.reports(ranked.segments, np.flatnonzero(ranked.current).tolist()):
            if borne := wanted & {report.report_id, self.id_of(ranked, number)}:
                here |= dict.fromkeys(borne, (number, routing.groups(ranked, number, report)))
        place = np.full(len(ranked), len(ranked.order), dtype=np.int64)
        place[ranked.order] = np.arange(len(ranked.order))
        falling = np.maximum.accumulate(-ranked.log_odds[ranked.order])
        priorities = score.priority(ranked.log_odds)
        placed = []
        for label in known:
            if label.report_id in here:
                number, groups = here[label.report_id]
                at = int(place[ranked.line[number]])
                if ranked.line[number] != number:  # read with its line, but not before its own score is due
                    at = max(at, int(np.searchsorted(falling, -ranked.log_odds[number])))
                placed.append(
                    measure.Placed(label, at, float(priorities[number]), {**groups, **label.groups})
                )
        if not placed:
            raise UsageError(
                "None of the labelled reports is here.", "Is `report_id` the reports' own number?"
            )
        return measure.evaluation(placed, len(ranked.order), sorted(wanted - here.keys()))
