"""A later version of a report beside what is known of it: what stays, and whose retraction counts.

Reports and retractions only *name* their sender, and whoever knows a report's number can write a retraction of it. So
one counts only where it names the sender that every version of the report names (the company or hotline, else the
person who reports). Any other, and one that names nobody, lowers nothing: it is kept among what the report says, and
shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from safelight.reports.identifiers.providers import provider_key
from safelight.reports.intake.assemble import with_form
from safelight.reports.keep.columns import CLAIMED, EARLIER_SENDER, form_of, sender_of
from safelight.reports.protocol import Retraction
from safelight.reports.report import Annotation, Report

RETRACTION = "retraction"
"""Under which name the reason of a retraction stands among what has no place."""
ALONE = "only its retraction is here"
_NO_REASON = "no reason is given"
_MARK = "it is marked as taken back"
_NOBODY = "a document that names no sender"
_UNTOLD = "not stated"
_SAID = "a retraction was claimed by "
_OTHER = "another version of it names another sender"
_MORE = "more retractions of it were claimed than are kept"
_CLAIMS, _SENDERS = 20, 20
"""Retractions that are kept without being counted, and senders of earlier versions: as many as tell anything."""
_LONGEST_NAME, _LONGEST_REASON = 200, 2_000


def beside(report: Report, before: Report) -> Report:
    """A later version of a report, beside the newest one that is known.

    Another form of the report adds to it. One that was taken back by its sender stays so; a mark that takes back what
    another sender reported is a claim.
    """
    if ALONE in before.problems:
        return _after_retraction(report, before)
    form, known = form_of(report), form_of(before)
    if form and known and known < form:  # what a lesser form is marked with counts for that form alone
        return _carried(with_form(before, report), before)
    retracted, was = (Annotation.RETRACTED in one.annotations for one in (report, before))
    if retracted and not was and not counts(_name(report), before):
        report = replace(report, annotations=report.annotations - {Annotation.RETRACTED})
        report = _claimed(report, _name(report), _MARK, _carried(report, before))
    if form and known and form < known:
        return _carried(with_form(report, before), before)
    if was and not retracted:
        if counts(_name(report), before):
            report = _taken_back(report, [said for where, said in before.unknown if where == RETRACTION])
        else:
            known_of_both = _carried(report, before)
            for reason in _reasons(before):
                report = _claimed(report, _name(before), reason, known_of_both)
    return _carried(report, before)


def take_back(retraction: Retraction, known: Report | None) -> tuple[Report, bool]:
    """The report with a retraction of it, and whether that counts.

    One that comes before its report is kept, so that the report is taken back when it comes.
    """
    reason = (retraction.reason or _NO_REASON)[:_LONGEST_REASON]
    sender = retraction.sender or ""
    if known is None:
        marks = frozenset({Annotation.RETRACTED})
        known = Report(retraction.report_id, "cybertip", annotations=marks, problems=(ALONE,))
    if ALONE in known.problems:
        return _kept(known, sender, reason), bool(sender)
    if not counts(sender, known):
        return _claimed(known, sender, reason, known), False
    unknown = (
        known.unknown if (RETRACTION, reason) in known.unknown else (*known.unknown, (RETRACTION, reason))
    )
    return replace(known, annotations=known.annotations | {Annotation.RETRACTED}, unknown=unknown), True


def counts(sender: str, known: Report) -> bool:
    """Is this the sender that all versions of the report name? What names nobody cannot be told to be anybody's."""
    return bool(sender) and {_key(name) for name in _names(known)} == {_key(sender)}


def is_as_before(report: Report, earlier: Report) -> bool:
    """Does it say just what an earlier version said, apart from when it was received and what was noted here?"""
    return _bare(report) == _bare(earlier)


def _after_retraction(report: Report, stub: Report) -> Report:
    """A report that comes after its retractions."""
    mine = _key(_name(report))
    reasons = []
    for name, reason in _claims(stub):
        if mine and _key(name) == mine:
            reasons.append(reason)
        else:
            report = _claimed(report, name, reason, report)
    return _taken_back(report, reasons) if reasons else report


def _taken_back(report: Report, reasons: list[str]) -> Report:
    """A version of a report that was taken back, which stays so; that it came all the same is said."""
    more = [(RETRACTION, one) for one in reasons if (RETRACTION, one) not in report.unknown]
    return replace(
        report,
        annotations=report.annotations | {Annotation.RETRACTED},
        unknown=(*report.unknown, *more),
        problems=(*report.problems, "it came again, or for the first time, after it was taken back"),
    )


def _claimed(report: Report, sender: str, reason: str, known: Report) -> Report:
    """The report with a retraction that does not count, and why it does not; `known` has the senders it is held to."""
    names = _names(known)
    if not sender:
        why = "it names no sender"
    elif len({_key(name) for name in names}) > 1:
        why = "versions of the report name different senders"
    elif names == [""]:
        why = "the report names no sender"
    else:
        why = f"the report was sent by {names[0][:_LONGEST_NAME]}"
    kept = _kept(report, sender, reason)
    said = f"{_SAID}{sender[:_LONGEST_NAME] or _NOBODY}, not counted: {why}"
    if kept is report or said in kept.problems:
        return kept
    return replace(kept, problems=(*kept.problems, said))


def _kept(report: Report, sender: str, reason: str) -> Report:
    """The report with a retraction that was claimed, once; of very many it is only said that there were more."""
    known = list(_claims(report))
    if any((_key(name), said) == (_key(sender), reason) for name, said in known):
        return report
    if len(known) >= _CLAIMS:
        return report if _MORE in report.problems else replace(report, problems=(*report.problems, _MORE))
    claim = (f"{CLAIMED}{sender[:_LONGEST_NAME] or _NOBODY}", reason)
    return replace(report, unknown=(*report.unknown, claim))


def _claims(report: Report) -> Iterator[tuple[str, str]]:
    """Who claimed to take it back, and why: what was kept without being counted."""
    for where, said in report.unknown:
        if where.startswith(CLAIMED):
            name = where.removeprefix(CLAIMED)
            yield "" if name == _NOBODY else name, said


def _reasons(report: Report) -> list[str]:
    """Why it was taken back."""
    return [said for where, said in report.unknown if where == RETRACTION] or [_MARK]


def _carried(report: Report, before: Report) -> Report:
    """The version with what must not be forgotten of those before it: retractions that were claimed, other senders."""
    have = {_key(name) for name in _names(report)}
    others = {_key(name): name for name in _names(before) if _key(name) not in have}
    senders = [(EARLIER_SENDER, name or _UNTOLD) for name in others.values()][: _SENDERS - len(have)]
    claims = [one for one in before.unknown if one[0].startswith(CLAIMED) and one not in report.unknown]
    said = [one for one in before.problems if one.startswith(_SAID) or one in (_MORE, _OTHER)]
    if any(others) and any(have):
        said.append(_OTHER)
    if not (senders or claims or said):
        return report
    return replace(
        report,
        unknown=(*report.unknown, *claims, *senders),
        problems=tuple(dict.fromkeys((*report.problems, *said))),
    )


def _name(report: Report) -> str:
    """Who sends it, as named; empty where nobody is."""
    return report.provider or sender_of(report)


def _names(report: Report) -> list[str]:
    """Who sent it and its earlier versions; an empty name where one of them names nobody."""
    earlier = [said for where, said in report.unknown if where == EARLIER_SENDER]
    return [_name(report), *("" if one == _UNTOLD else one for one in earlier)]


def _key(name: str) -> str:
    """Equal for what people read as one sender: a company in every form of its name, an address as it is."""
    said = " ".join(name.casefold().split())
    return said if "@" in said else provider_key(said) or said


def _bare(report: Report) -> Report:
    """Without the receipt, and without what is noted here."""
    noted = (RETRACTION, EARLIER_SENDER)
    return replace(
        report,
        received=None,
        annotations=report.annotations - {Annotation.RETRACTED},
        unknown=tuple(
            one for one in report.unknown if one[0] not in noted and not one[0].startswith(CLAIMED)
        ),
        problems=tuple(
            one
            for one in report.problems
            if not one.startswith((_SAID, "it came again")) and one not in (_MORE, _OTHER)
        ),
    )
