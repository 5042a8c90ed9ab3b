"""What `safelight persons` prints for people: lines without jargon, each complete in itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from safelight.cli.common import count, say, table
from safelight.cli.person_history import history

_LISTED, _CANDIDATES = 20, 200
_DIGITS = re.compile(r"(\d+)")
_NUMBERS = (
    "The numbers: +1 is about 10 times as likely if the two are one person, +2 about 100 times; "
    "-1 about 10 times as likely if they are two."
)
NOBODY_DESCRIBED = (
    "Nobody here is described by the face model in use, so nobody was compared. If people are enrolled, describe them "
    "anew: `safelight persons re-enrol`."
)


def enrolled(found: dict[str, Any]) -> Iterator[str]:
    people, photos = count(found["persons"], "person", "people"), count(found["photos"], "photograph")
    yield (
        f"{people}, {photos} in {found['seconds']:.1f} s: {found['enrolled']:,} enrolled, "
        f"{found['again']:,} known already, {count(found['corrected'], 'person', 'people')} corrected."
    )
    advice = "turned, covered or very small? Cut the face out, or take another photograph"
    for title, entries in (
        ("No face was found in", [{"photo": one, "why": advice} for one in found["no_face"]]),
        ("Several people are on it; say who is meant", found["ambiguous"]),
        ("Poor, but enrolled", found["poor"]),
        ("The same photograph of two people", found["duplicates"]),
        ("Could not be read", [{"photo": one["path"], "why": one["reason"]} for one in found["unreadable"]]),
        ("Noted", _noted(found["notes"])),
    ):  # fmt: skip
        if entries:
            yield f"{title} ({len(entries):,}):"
            for one in entries[:_LISTED]:
                yield f"  {one['photo']}: {one['why']}"
            if len(entries) > _LISTED:
                yield f"  and {len(entries) - _LISTED:,} more: see --json"


def faces(found: dict[str, Any]) -> Iterator[str]:
    """Where the page of a photograph is, and what its numbers are for."""
    yield f"Wrote {count(len(found['faces']), 'face')}, numbered from the left, to {found['file']}"
    yield f"  SHA-256 {found['sha256']}"
    yield from found["notes"]
    for number, one in enumerate(found["faces"], start=1):
        doubt = "; it may be no face at all" if one["doubtful"] else ""
        yield f"  {number}: {one['pixels']:,} pixels wide{doubt}"


def _noted(notes: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    """Each note once, with the first place it was made at: a folder makes the same one for every person."""
    places: dict[str, list[str]] = {}
    for one in notes:
        places.setdefault(one["note"], []).append(one["where"])
    return [
        {"photo": some[0] if len(some) == 1 else f"{some[0]} and {len(some) - 1:,} more", "why": note}
        for note, some in places.items()
    ]


def person(found: dict[str, Any]) -> Iterator[str]:
    place = "compared with others" if found["in_gallery"] else "not compared with anybody"
    why = f" ({found['why_not']})" if found.get("why_not") and not found["in_gallery"] else ""
    yield (
        f"{found['id']}  {found['register']} {found['person_id']}{_case(found)}; now {found['status']}, {place}{why}"
    )
    yield from facts(found["facts"], found["register"])
    for one in found["notes"]:
        yield f"  noted: {one}"
    for one in found["photos"]:
        quality = f", quality {one['quality']:.2f} of 1" if one["quality"] is not None else ""
        why = f": {one['why']}" if one["why"] else ""
        taken = f", taken {one['taken']}" if one.get("taken") else ""
        yield f"  photograph {one['photo']}  {one['state'].replace('-', ' ')}{taken}{quality}{why}"
    for one in found.get("decided", ()):
        more = "; proposed by a person, the comparison spoke against it" if one["proposed"] else ""
        more += "; decided without photographs" if one["decided_without_photographs"] else ""
        yield f"  candidate {one['id']}  {one['standing']}{more}"
    yield "History"
    yield from history(found["history"], found["register"])


def listed(one: dict[str, Any]) -> tuple[str, ...]:
    """An entry as a line of `persons list`, under `LISTED`."""
    number = f"{one['person_id']}{_case(one)}"
    return (
        one["id"], number, one["status"], compared(one), "\n".join(one["names"]), one["source"] or "no source stated"
    )  # fmt: skip


LISTED = ("id", "number", "status", "compared", "name", "source")
"""The columns of `persons list`."""


def compared(one: dict[str, Any]) -> str:
    """Whether somebody is compared with others, and why not."""
    if one["status"] not in ("missing", "found"):
        return f"no: {one.get('why_not') or one['status']}"
    if "in_gallery" not in one:
        return ""  # it is not known here: `persons show` says it
    return "yes" if one["in_gallery"] else f"no: {one.get('why_not') or 'no face is described'}"


def by_number(one: dict[str, Any]) -> list[tuple[int, int, str]]:
    """Sorts M-2 before M-10; a number of any length, so its digits are never read as one."""
    found = []
    for part in _DIGITS.split(str(one["person_id"])):
        digits = part.lstrip("0") if part.isdecimal() else ""
        found.append((0, len(digits), digits) if part.isdecimal() else (1, 0, part.casefold()))
    return found


def _case(one: dict[str, Any]) -> str:
    """Of which case somebody is, where cases are linked."""
    return f" of case {one['case']}" if one.get("case") else ""


def facts(said: dict[str, Any], register: str) -> Iterator[str]:
    """What is stated, a line a fact."""
    from safelight.export.person_phrases import stated

    for label, values in stated(said, register):
        yield f"  {label:<15}{'; '.join(values)}"


def factor(weight: float) -> str:
    """What a weight means, by its factor."""
    from safelight.export import person_phrases

    return person_phrases.factor(weight)


def candidates(found: dict[str, Any]) -> Iterator[str]:
    """Candidates as lines, with chance in a sentence. What was not compared is said before them."""
    for missed in found["no_face"]:
        yield f"No face was found in {missed}: nothing was searched with it."
    gallery = count(found["gallery"], "person", "people")
    yield f"{count(found['probes'], 'face')} searched with, against {gallery}; {found['seconds']:.1f} s."
    if not found["gallery"]:
        yield NOBODY_DESCRIBED
    yield from _not_compared(found)
    probe = None
    for one in found["candidates"][:_CANDIDATES]:
        if one["probe"] != probe:
            probe = one["probe"]
            yield f"{probe}"
        names = f" ({', '.join(one['names'][:2])})" if one["names"] else ""
        who = f"{one['status']} {one['person_id']}{names}{_case(one)}"
        unseen = ", without photographs" if one.get("decided_without_photographs") else ""
        yield f"  {one['rank']:>2}. candidate {one['id']}  {who}; {one['standing']}{unseen}"
        yield f"        {_score(one)}"
        yield f"        all together: {factor(one['weight'])} ({one['weight']:+.1f})"
        yield from _lines(why for why in one["reasons"] if why["side"] != "unknown")
    left = len(found["candidates"]) - _CANDIDATES
    if left > 0:
        yield f"and {left:,} more: see --json"
    if found["candidates"]:
        yield _NUMBERS
    elif found["probes"] and found["gallery"]:
        yield "No candidate: nobody of the gallery looks near enough to be shown. That does not mean nobody is there."
    if found["candidates"] and found["no_candidate"]:
        yield _none_near(found)
    if found["gallery"]:
        yield found["meaning"]
    yield from _to_look_at(found)
    if found["candidates"]:
        yield "These are candidates, not identities. Two people decide: `safelight persons review next`."


def _none_near(found: dict[str, Any]) -> str:
    """Which faces had nobody near."""
    some = found["no_candidate"]
    more = f" and {len(some) - _LISTED:,} more" if len(some) > _LISTED else ""
    faces = count(found["probes"], "face")
    return f"Nobody near enough for {len(some):,} of {faces}: {', '.join(some[:_LISTED])}{more}."


def _not_compared(found: dict[str, Any]) -> Iterator[str]:
    """Who is enrolled and was not compared, because no face of theirs is described."""
    if missed := found.get("not_compared_count"):
        some = ", ".join(f"{one['status']} {one['person_id']}" for one in found["not_compared"][:5])
        yield (
            f"{count(missed, 'person', 'people')} without a usable photograph compared with nobody: {some}"
            f"{' …' if missed > 5 else ''}."
        )


def _to_look_at(found: dict[str, Any]) -> Iterator[str]:
    """What the comparison noticed about the register itself."""
    for title, lines in (
        (
            "Photographs that do not fit the person they are enrolled for",
            [
                f"{one['photo']} of {one.get('person_id', one['person'])}: {one['why']}"
                for one in found["apart"]
            ],
        ),
        (
            "Who may be enrolled twice, because the faces are nearer than chance gives",
            [" and ".join(one.get("numbers", one["people"])) for one in found["enrolled_twice"]],
        ),
    ):
        if lines:
            yield f"{title} ({len(lines):,}):"
            yield from (f"  {line}" for line in lines[:_LISTED])
            if len(lines) > _LISTED:
                yield f"  and {len(lines) - _LISTED:,} more: see --json"


def _score(one: dict[str, Any]) -> str:
    """The likeness of two faces, with what it means."""
    if one.get("same_file"):
        return "one and the same photograph file in both entries: that says nothing about two people"
    if one.get("photos_changed"):
        return f"similarity {one['similarity']:.3f} before the photographs changed; run `safelight persons match` again"
    if one["fmr"] is None:
        return f"similarity {one['similarity']:.3f}; how often strangers look as alike is not known (not calibrated)"
    return f"similarity {one['similarity']:.3f}; a false-match rate of {one['fmr']:.1e} among strangers"


def _lines(reasons: Iterable[dict[str, Any]]) -> Iterator[str]:
    """What speaks for and against, with what cannot be true of one person marked."""
    for why in reasons:
        side = "CONTRADICTION" if why["contradiction"] else why["side"]
        weight = f"{why['weight']:+.1f}" if why["side"] != "unknown" else ""
        yield f"        {side:<14}{weight:<6}{why['text']}"


def review_list(found: dict[str, Any]) -> Iterator[str]:
    yield f"{count(found['waiting'], 'candidate')} wait for you; this list is held for {found['held_minutes']} minutes."
    yield from _side("Searched with", found["probe"])
    for number, one in enumerate(found["candidates"], start=1):
        yield from _side(f"{number}. candidate {one['id']}", one)
        if day := one.get("given_on_earlier_facts"):
            yield f"    your answer of {day} was given on earlier facts or photographs: say again what you see"
    if found.get("page"):
        yield f"The photographs, side by side: {found['page']['file']}"
    else:
        yield "To see the photographs: the same with --page FILE.html, where the case allows export."
    yield "The order says nothing, and some are in the list because they are unlike. For each, say what you see:"
    yield "  safelight persons review answer C-… --verdict same|different|cannot-say"


def _side(title: str, one: dict[str, Any]) -> Iterator[str]:
    yield f"{title}  {one['status']} {one['person_id']}{_case(one)}, {count(len(one['photos']), 'photograph')}"
    yield from (f"    {line}" for line in facts(one["facts"], one["status"]))


def warned(found: dict[str, Any]) -> Iterator[str]:
    """What an answer was given without, for standard error."""
    if found["warning"]:
        yield f"Note: {found['warning']}"


def answered(found: dict[str, Any]) -> Iterator[str]:
    if found["foil"]:
        yield f"Candidate {found['id']}: you say {found['verdict']}. {found['explained']}"
        return
    yield f"Candidate {found['id']}: you say {found['verdict']}. It is now: {found['standing']}."
    if found["on_earlier_facts"]:
        yield (
            f"{count(found['on_earlier_facts'], 'earlier answer')} given on earlier facts or photographs: not counted "
            "until given again."
        )
    if found["score_seen_before"]:
        yield "You may have seen its score before you answered: that is kept with your answer."
    elif not found["from_list"]:
        yield "You did not have it from a list without scores: that is kept with your answer."
    yield f"Faces: {_score(found)}."
    yield from _lines(found["table"])
    yield f"  all together: {factor(found['weight'])} ({found['weight']:+.1f})"
    yield _NUMBERS
    if found.get("decided_by"):
        yield f"  decided by {', '.join(found['decided_by'])}"
    for one in found.get("next_steps", ()):
        yield f"  next: {one}"


def dates(one: dict[str, Any]) -> str:
    said = [f"{word} {one[key]}" for key, word in (("due", "due"), ("done", "done on")) if one[key]]
    return f" ({', '.join(said)})" if said else ""


def print_outcomes(found: dict[str, Any]) -> None:
    say(found["sentence"])
    groups = [
        ("all", found),
        *found["by_status"].items(),
        *((_source(key), one) for key, one in found["by_source"].items()),
    ]
    table(
        "What became of candidates",
        (
            "",
            "candidates",
            "confirmed by two",
            "excluded",
            "reunited",
            "not the same",
            "right, of those that came to an end",
        ),
        [
            (
                name,
                f"{one['candidates']:,}",
                f"{one['standing']['confirmed by two']:,}",
                f"{one['standing']['excluded']:,}",
                f"{one['results']['reunited']:,}",
                f"{one['results']['not-the-same']:,}",
                _interval(one["real_of_decided"]),
            )
            for name, one in groups
        ],
    )
    if found["decided_without_photographs"]:
        say(
            f"{count(found['decided_without_photographs'], 'candidate')} confirmed or excluded by people of whom at "
            "least one was shown no photographs."
        )
    if found["proposed"]:
        say(
            f"{count(found['proposed'], 'candidate')} proposed by a person in review; the comparison spoke against "
            f"{'it' if found['proposed'] == 1 else 'them'}."
        )
    if found["contradicted"]:
        say(f"Recorded as reunited, and excluded by two people since: {', '.join(found['contradicted'])}.")
    if found["unreadable_candidates"]:
        say(
            f"{count(found['unreadable_candidates'], 'candidate')} about people of a case that is no longer linked, "
            "or closed: counted here, and nothing more can be done about them in this case."
        )
    foils = found["foils"]
    if foils["answered"]:
        say(
            f"Of {count(foils['answered'], 'answer')} about people who were put in lists because they are unlike, "
            f"{foils['taken_for_the_same']:,} said that it is the same person."
        )
    if found["answers"]:
        say(
            f"Of {count(found['answers'], 'answer')} about candidates, {found['answered_from_list']:,} came from a "
            "list without scores."
        )


def outcome(found: dict[str, Any]) -> Iterator[str]:
    """What was recorded of a candidate, and what follows for both people's entries."""
    yield f"{found['id']}: {found['result'].replace('-', ' ')} on {found['on']}."
    for one in found["home"]:
        yield f"  {one} is home: compared with nobody any more."
    for one in found["back"]:
        yield f"  {one} is looked for again: home no more, and nothing of theirs is to be destroyed."
    for case, one in found["to_tell"]:
        yield f"  {one} is a person of the case {case}: tell the people there, their entry can be changed only there."


def _source(name: str) -> str:
    return "no source stated" if name == "not stated" else f"from {name}"


def erased(found: dict[str, Any]) -> Iterator[str]:
    """What was destroyed of somebody, and what the proof read."""
    yield (
        f"Erased {found['id']}: {count(found['keys'], 'key')} destroyed, {count(found['rows'], 'row')} and "
        f"{count(found['photographs'], 'picture')} deleted, {count(found['candidates'], 'candidate')} with them."
    )
    if found["searches"]:
        yield (
            f"{count(found['searches'], 'search', 'searches')} made with the very same photograph "
            f"{'is' if found['searches'] == 1 else 'are'} among it."
        )
    yield (
        f"Looked for {count(found['looked_for'], 'trace')} in {found['store_bytes_read']:,} bytes of the raw store: "
        "none is left. Backups, sheets and exports elsewhere are not reached by this."
    )


def re_enrolled(found: dict[str, Any]) -> Iterator[str]:
    """What became of a gallery that was described anew."""
    yield (
        f"{count(found['photos'], 'photograph')} in the gallery: {found['described']:,} described anew by "
        f"the face model in use, {found['again']:,} were already."
    )
    for one in found["failed"][:20]:
        yield f"  {one['photo']}: {one['why']}"
    if found["failed"]:
        yield "The templates of the model before stay until these are done: enrol them again from their files."
    elif found["dropped"]:
        yield f"{count(found['dropped'], 'template')} of other models destroyed."


def _interval(one: dict[str, Any]) -> str:
    if one["share"] is None:
        return "-"
    return f"{one['share']:.0%} ({one['low']:.0%} to {one['high']:.0%})"
