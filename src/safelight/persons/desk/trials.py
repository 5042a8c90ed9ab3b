"""Evaluate the embedder on an agency's own photographs, keep what came out, block a model that errs more for a group.

A model that was never evaluated here runs, and every answer says *unevaluated*; of one that was, on too few pairs to
know anything, how many there were and how many are needed. One that an evaluation showed to have a gap between groups
beyond the limit (rule 17) does not run until another of the same groups shows none, with limits no looser than the
delivered ones, or a named person accepts it, with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from safelight.engine.pool import PoolEngine
from safelight.engine.protocol import Done, TaskLimits
from safelight.errors import RefusedError, UsageError
from safelight.governance.gate import HOUSE_KEY
from safelight.persons.desk import signed_act
from safelight.persons.desk.house import House
from safelight.persons.evaluate import folder, pairs
from safelight.persons.evaluate.evaluation import missing
from safelight.persons.evaluate.gap import FALSE_MATCHES, MISSES
from safelight.persons.evaluate.trial import Trial
from safelight.persons.portraits.describe import Describe, PhotoJob, Portrait, read_template
from safelight.persons.portraits.embedders import embedder
from safelight.persons.protocol import Embedder, Floats
from safelight.signals.models.registry import ModelState
from safelight.signals.models.version import VERSION_DIGITS
from safelight.store.keys import KeyRing
from safelight.store.tables import person_act

EVALUATION, ACCEPTED = "evaluation", "accepted"
_KINDS = {"false matches": "fmr", "misses": "misses"}
_KEPT = 50_000
"""Templates of photographs that pairs name, held while they are scored."""


@dataclass(frozen=True, slots=True)
class Block:
    """A group that a model errs more for than the limit allows, told from chance."""

    group: str
    """The column: `age_band`."""
    value: str
    kind: str
    """`false matches` or `misses`."""
    pairs: int
    """Pairs of the group that this was measured on."""
    text: str
    """For people."""


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a model here."""

    evaluated_by: str | None = None
    evaluated_at: str | None = None
    blocks: tuple[Block, ...] = ()
    """Groups beyond the limit, from whichever evaluation; empty: none."""
    accepted_by: str | None = None
    reason: str | None = None
    looser: str | None = None
    """The limits of the latest evaluation, in words, where they were looser than the delivered ones."""
    lacking: str | None = None
    """What was missing, in a sentence, where no evaluation had enough pairs to know any rate."""

    @property
    def gaps(self) -> tuple[str, ...]:
        """Sentences about the groups beyond the limit."""
        return tuple(one.text for one in self.blocks)

    @property
    def blocked(self) -> bool:
        """Must somebody accept a gap before it runs?"""
        return bool(self.blocks) and self.accepted_by is None

    @property
    def said(self) -> str:
        """For people, beside every answer."""
        if self.evaluated_by is None:
            return "unevaluated: nobody has measured this model on photographs of this agency"
        known = f"evaluated by {self.evaluated_by} on {(self.evaluated_at or '')[:10]}"
        if self.lacking:
            return f"{known}, but how often it errs is not known: {self.lacking}"
        if self.looser:
            known += f" with looser limits than are delivered ({self.looser})"
        if self.accepted_by:
            return f"{known}, a gap between groups accepted by {self.accepted_by}"
        return f"{known}, blocked: it errs more for a group than the limit allows" if self.blocked else known


def trial(house: House, path: Path) -> Trial:
    """The scored pairs of PAIRS.csv, or of a folder with a sub-folder a person. UsageError where it is neither."""
    with closing(_Describer(house)) as describer:
        if path.is_dir():
            return folder.read(path, describer.templates)
        return pairs.read(path, describer.scores)


class _Describer:
    """Describes photographs in jailed workers; a photograph with several faces has no usable one."""

    def __init__(self, house: House) -> None:
        self._embedder: Embedder = embedder(house.config.face_embedder)
        self._task = Describe(
            house.config.face_embedder, TaskLimits(house.config.worker_memory, house.config.seconds_per_item)
        )
        self._most = house.config.media_bytes
        self._engine = PoolEngine(house.config.worker_count())
        self._known: dict[Path, Floats | str] = {}

    def close(self) -> None:
        """End the workers."""
        self._engine.close()

    def templates(self, files: Sequence[Path]) -> Sequence[NDArray[np.float32] | str]:
        """One template, or the reason why there is none, for each file."""
        found: list[Floats | str] = ["it was not described" for _ in files]
        jobs = []
        for number, file in enumerate(files):
            try:
                with file.open("rb") as opened:
                    data = opened.read(self._most + 1)
            except OSError as error:
                found[number] = error.strerror or "it cannot be read"
                continue
            jobs.append(PhotoJob(number, data))
        batches = [jobs[start : start + 8] for start in range(0, len(jobs), 8)]
        for outcome in self._engine.map(self._task, batches):
            if isinstance(outcome, Done):
                for portrait in outcome.results:
                    found[portrait.number] = self._one(portrait)
            else:
                found[outcome.item.number] = outcome.reason
        return found

    def scores(self, wanted: Sequence[tuple[Path, Path]]) -> Sequence[float | str]:
        """The cosine of each pair, or why it has none."""
        new = list(dict.fromkeys(one for pair in wanted for one in pair if one not in self._known))
        if len(self._known) + len(new) > _KEPT:
            self._known.clear()
            new = list(dict.fromkeys(one for pair in wanted for one in pair))
        self._known.update(zip(new, self.templates(new), strict=True))
        made: list[float | str] = []
        for first, second in wanted:
            one, other = self._known[first], self._known[second]
            if isinstance(one, str) or isinstance(other, str):
                made.append(f"{first.name}: {one}" if isinstance(one, str) else f"{second.name}: {other}")
            else:
                made.append(float(one.astype(np.float64) @ other.astype(np.float64)))
        return made

    def _one(self, seen: Portrait) -> Floats | str:
        if seen.error is not None:
            return seen.error
        if len(seen.faces) != 1:
            return "no face was found" if not seen.faces else f"it shows {len(seen.faces)} faces"
        return read_template(seen.faces[0].template, self._embedder.dimensions)


def keep(connection: sa.Connection, keys: KeyRing, actor: str, version: str, found: dict[str, Any]) -> None:
    """Keep what an evaluation found with the model's version, for every case of the workspace."""
    pairs = {
        (one["group"], one["value"], kind): one[rate]["of"]
        for one in found["groups"]
        for kind, rate in _KINDS.items()
    }
    beyond = {(gap["group"], gap["value"], gap["kind"]): gap for gap in found["gaps"]}
    summary = {
        "blocks": [
            {**_named(key), "pairs": pairs[key], "text": gap["text"]}
            for key, gap in beyond.items()
            if gap["blocks"]
        ],
        "within": [{**_named(key), "pairs": of} for key, of in pairs.items() if of and key not in beyond],
        "limits": found["limits"],
        "pairs": found["pairs"],
        "thresholds": found["thresholds"],
    }
    _add(connection, keys, EVALUATION, version, actor, summary)


def _named(key: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(("group", "value", "kind"), key, strict=True))


def accept(connection: sa.Connection, keys: KeyRing, actor: str, version: str, reason: str) -> State:
    """Let a model run in spite of a gap. UsageError where nothing blocks it or no reason is given."""
    if not state(connection, keys, version).blocked:
        raise UsageError(f"Nothing blocks the model {version}.", "See `safelight persons evaluate`.")
    if not reason.strip():
        raise UsageError("Accepting a gap between groups needs a reason.", "Give --reason.")
    _add(connection, keys, ACCEPTED, version, actor, {"reason": reason})
    return state(connection, keys, version)


def state(connection: sa.Connection, keys: KeyRing, version: str) -> State:
    """What is known of a model's version: its evaluations, what of them blocks it, whether that was accepted since."""
    query = (
        sa.select(person_act)
        .where(
            person_act.c.case_id == HOUSE_KEY,
            person_act.c.subject == version,
            person_act.c.kind.in_((EVALUATION, ACCEPTED)),
        )
        .order_by(person_act.c.id)
    )
    found = State()
    sealer = keys.sealer(connection, HOUSE_KEY)
    for row in connection.execute(query):
        said = signed_act.read(sealer, row, f"the model {version}")
        if row.kind == EVALUATION:
            found = _after(found, row.made_by, row.made_at, said)
        else:
            found = replace(found, accepted_by=row.made_by, reason=said["reason"])
    return found


def _after(before: State, by: str, at: str, said: dict[str, Any]) -> State:
    """The state after another evaluation: a block stands until the same group is measured to be within the limit.

    On as many pairs as blocked it, and with limits no looser than the delivered ones. A new block is to be accepted
    anew.
    """
    limits, lacking = said["limits"], missing(said["pairs"]["same"], said["pairs"]["different"])
    if lacking and before.evaluated_by and not before.lacking:
        return before  # which says more of the model than this one
    is_looser = limits["fmr"] > FALSE_MATCHES or limits["misses"] > MISSES
    new = [Block(**one) for one in said["blocks"]]
    again = {(one.group, one.value, one.kind) for one in new}
    within = (
        {}
        if is_looser
        else {(one["group"], one["value"], one["kind"]): one["pairs"] for one in said["within"]}
    )
    still = [
        one
        for one in before.blocks
        if (key := (one.group, one.value, one.kind)) not in again and within.get(key, -1) < one.pairs
    ]
    stays = bool(still) and not new
    return State(
        by,
        at,
        (*new, *still),
        before.accepted_by if stays else None,
        before.reason if stays else None,
        f"{limits['fmr']:g} times the false matches, {limits['misses']:g} times the misses"
        if is_looser
        else None,
        lacking,
    )


def state_of(connection: sa.Connection, keys: KeyRing, version: str) -> State:
    """What is known of the model that made templates of a version, whatever its name is."""
    query = sa.select(person_act.c.subject).where(
        person_act.c.case_id == HOUSE_KEY,
        person_act.c.kind == EVALUATION,
        person_act.c.subject.endswith(f"/{version}", autoescape=True),
    )
    name = connection.scalars(query.limit(1)).first()
    return State() if name is None else state(connection, keys, name)


def with_trials(connection: sa.Connection, keys: KeyRing, models: Iterable[ModelState]) -> list[ModelState]:
    """The models, each card with who evaluated it here last, on enough pairs; a card's own statement stays."""
    query = (
        sa.select(person_act.c.subject)
        .where(person_act.c.case_id == HOUSE_KEY, person_act.c.kind == EVALUATION)
        .distinct()
    )
    known = {name: state(connection, keys, name) for name in connection.scalars(query)}
    by = {name: one.evaluated_by for name, one in known.items() if one.evaluated_by and not one.lacking}
    found = []
    for model in models:
        digits = model.card.sha256[:VERSION_DIGITS]
        here = next((who for name, who in by.items() if digits in name), "")
        own = model.card.evaluated_by
        found.append(replace(model, card=replace(model.card, evaluated_by=own or here)))
    return found


def check(connection: sa.Connection, keys: KeyRing, version: str) -> State:
    """The state of a model that is about to be used. RefusedError where a gap blocks it."""
    found = state(connection, keys, version)
    if found.blocked:
        raise RefusedError(
            f"The model {version} is blocked: it errs more for a group than the limit allows. {found.gaps[0]}",
            "model blocked",
            "Only an evaluation of the same groups lifts this, on as many pairs of each, within the delivered limits "
            f"({FALSE_MATCHES:g} times the false matches, {MISSES:g} times the misses); or a named person accepts it: "
            "`safelight models accept --reason …`; or use another model.",
        )
    return found


def _add(
    connection: sa.Connection, keys: KeyRing, kind: str, version: str, actor: str, said: dict[str, Any]
) -> None:
    signed_act.put(connection, keys.sealer(connection, HOUSE_KEY), HOUSE_KEY, kind, version, actor, said)
