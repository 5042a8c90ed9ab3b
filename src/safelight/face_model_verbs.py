"""The verbs about models of faces: evaluate one on an agency's own photographs, accept what it does worse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from safelight.governance.authority import check_allows
from safelight.governance.gate import Permit, verb
from safelight.model import Capability
from safelight.progress import Progress, silent
from safelight.verb_house import VerbHouse

if TYPE_CHECKING:
    from safelight.persons.desk.trials import State


class FaceModelVerbs(VerbHouse):
    """Verbs about the embedder in use."""

    @verb("persons evaluate", needs=Capability.FACE_SEARCH, long=True)
    def evaluate_faces(
        self,
        permit: Permit,
        path: Path,
        *,
        out: Path | None = None,
        false_matches: float | None = None,
        misses: float | None = None,
        case: str | None = None,
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """Measure the embedder on pairs whose truth is known; a gap between groups beyond the limits blocks it.

        `false_matches` and `misses` are how many times the overall rate a group's may be. With `out` the result is
        written as a page as well: an export. No template of the photographs is kept.
        """
        from safelight.persons.desk import trials
        from safelight.persons.evaluate.evaluation import as_json, evaluate
        from safelight.persons.evaluate.gap import FALSE_MATCHES, MISSES, Limits

        if out is not None:
            check_allows(permit.the_case, Capability.EXPORT)
        limits = Limits(false_matches or FALSE_MATCHES, misses or MISSES)
        found = as_json(evaluate(trials.trial(self, path), limits))
        version = _version(self)
        with permit.transaction() as connection:
            trials.keep(connection, self.keys, self.actor, version, found)
            state = trials.state(connection, self.keys, version)
        permit.detail = {
            "model": version, "blocked": state.blocked, **found["pairs"],
            "limits": f"{limits.false_matches:g} {limits.misses:g}",
        }  # fmt: skip
        # `blocked` is of the model: an earlier evaluation may block it though this one shows no gap.
        made = {
            "model": version,
            "state": state.said,
            **found,
            "blocked": state.blocked,
            "standing": list(state.gaps),
        }
        if out is not None:
            made["page"] = _written(self, permit, found, path, out, version)
            permit.detail["sha256"] = made["page"]["sha256"]
        return made

    @verb("persons re-enrol", needs=Capability.FACE_SEARCH, long=True)
    def re_enrol_persons(
        self,
        permit: Permit,
        *,
        embedder: str | None = None,
        keep_old: bool = False,
        case: str | None = None,
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """Describe every enrolled photograph anew by another embedder, from the faces that are kept of them.

        Until all are done the gallery goes on with the old one; the two are never mixed.
        """
        from safelight.persons.desk.redescribe import redescribe

        name = embedder or self.config.face_embedder
        found = redescribe(self, permit, name, keep_old=keep_old, progress=progress).as_json()
        permit.detail = {key: value for key, value in found.items() if isinstance(value, int | str)}
        return found

    @verb("models accept", case=False)
    def accept_model(self, permit: Permit, *, reason: str) -> dict[str, Any]:
        """Let the embedder in use run in spite of a gap between groups: a named person's decision, with a reason."""
        from safelight.persons.desk import trials

        version = _version(self)
        with permit.transaction() as connection:
            state = trials.accept(connection, self.keys, self.actor, version, reason)
        permit.subjects.append(version)
        permit.personal = {"reason": reason}
        return _plain(version, state)

    @verb("models state", case=False)
    def face_model(self, permit: Permit) -> dict[str, Any]:
        """The embedder in use: evaluated by whom, blocked by what."""
        from safelight.persons.desk import trials

        version = _version(self)
        with permit.transaction() as connection:
            return _plain(version, trials.state(connection, self.keys, version))


def _plain(version: str, state: State) -> dict[str, Any]:
    return {
        "model": version, "state": state.said, "blocked": state.blocked, "gaps": list(state.gaps),
        "accepted_by": state.accepted_by,
    }  # fmt: skip


def _version(house: FaceModelVerbs) -> str:
    from safelight.persons.portraits.embedders import embedder

    return f"{house.config.face_embedder}/{embedder(house.config.face_embedder).version}"


def _written(
    house: FaceModelVerbs, permit: Permit, found: dict[str, Any], path: Path, out: Path, version: str
) -> dict[str, Any]:
    from safelight.export import deliver, faces_page
    from safelight.export.protocol import ExportOptions

    page = faces_page.of_evaluation(found, path.name, version)
    with permit.snapshot() as connection:
        findings = deliver.CaseFindings(house, connection, permit.the_case)
        kept = (house.folder, house.config.key_folder)
        return deliver.write(findings, page, out, ExportOptions(), kept)


__all__ = ["FaceModelVerbs"]
