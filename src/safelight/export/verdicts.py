"""Which category an item may carry in an export: one that a person or a list gave, never a score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from safelight.export.protocol import Findings, LeadView
from safelight.hashsets.scheme import Meaning, Scheme, scheme
from safelight.model import HashSet, HashSetKind, Match
from safelight.review.decisions import ALWAYS

_NOT_PERTINENT, _UNSURE = ALWAYS


@dataclass(frozen=True, slots=True)
class Verdict:
    """A category, who gave it, and what stands against it.

    `code` is the scheme's, None where nobody gave one that the case's scheme knows. `by_list` names the list,
    `by_person` the person. `remarks` are sentences about what could not be said as a category. `number` is the
    category in VICS: the one its scheme gives, else the code where that is a number.
    """

    code: str | None = None
    number: int | None = None
    by_list: str | None = None
    by_person: str | None = None
    remarks: tuple[str, ...] = ()

    foreign: bool = False
    """A list gives a category that the case's scheme does not know."""

    @property
    def unnumbered(self) -> bool:
        """Did somebody give a category that has no number in VICS?"""
        given = self.by_person is not None or self.by_list is not None or self.foreign
        return given and self.number is None


class Verdicts:
    """The verdict of each lead of a case, by the case's scheme."""

    def __init__(self, findings: Findings) -> None:
        self.scheme: Scheme = scheme(findings.case.scheme)
        self._lists: dict[str, HashSet] = {one.name: one for one in findings.hash_sets}

    def of(self, view: LeadView) -> Verdict:
        """A person's newest decision counts; else what lists say of exactly this file, if they agree."""
        if view.decisions and view.decisions[-1].label != _UNSURE:
            newest = view.decisions[-1]
            code = self._decided(newest.label)
            missing = (
                () if code else (f"Decided as {newest.label}, which has no code in {self.scheme.name}.",)
            )
            return Verdict(code, self._number(code), by_person=newest.by, remarks=missing)
        return self._listed(view.lead.matches)

    def _decided(self, label: str) -> str | None:
        if label == _NOT_PERTINENT:
            return next((one.code for one in self.scheme.categories if one.meaning is Meaning.NOT), None)
        found = self.scheme.category(label)
        return found.code if found else None

    def _listed(self, matches: Sequence[Match]) -> Verdict:
        exact = [match for match in matches if not match.is_perceptual and match.distance == 0]
        illegal = [match for match in exact if match.kind is HashSetKind.KNOWN_ILLEGAL]
        good = [match.hashset for match in exact if match.kind is HashSetKind.KNOWN_GOOD]
        if illegal and good:
            return Verdict(remarks=(f"Lists disagree: {', '.join(good)} holds this file as known-good.",))
        codes: dict[str, str] = {}
        remarks = []
        for match in illegal:
            code = self._code(match)
            if code is not None:
                codes.setdefault(code, match.hashset)
            elif match.category is not None:
                remarks.append(f"{match.hashset} gives category {match.category} of another scheme.")
        if len(codes) == 1:
            ((code, name),) = codes.items()
            return Verdict(
                code, self._number(code), by_list=name, remarks=tuple(remarks), foreign=bool(remarks)
            )
        foreign = bool(remarks)
        if codes:
            said = ", ".join(f"{name}: {code}" for code, name in codes.items())
            remarks.append(f"Lists disagree about the category ({said}).")
        return Verdict(remarks=tuple(remarks), foreign=foreign)

    def _number(self, code: str | None) -> int | None:
        found = self.scheme.category(code)
        if found is not None and found.vics is not None:
            return found.vics
        return int(code) if code is not None and code.isdecimal() else None

    def _code(self, match: Match) -> str | None:
        """A list's category in the case's scheme; None where the list counts by another one."""
        own = self._lists.get(match.hashset)
        if own is not None and own.scheme and Path(own.scheme).stem != Path(self.scheme.name).stem:
            return None  # an agency's own copy of a scheme keeps its name, and counts as the same
        found = self.scheme.category(match.category)
        return found.code if found else None
