"""What `safelight persons` prints for people: lines without jargon, each complete in itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from safelight.cli.common import count, say, table

_LISTED, _CANDIDATES = 20, 200


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
    yield f"{found['id']}  {found['register']} {found['person_id']}; now {found['status']}, {place}"
    yield from facts(found["facts"], found["register"])
    for one in found["notes"]:
        yield f"  noted: {one}"
    for one in found["photos"]:
        quality = f", quality {one['quality']:.2f} of 1" if one["quality"] is not None else ""
        why = f": {one['why']}" if one["why"] else ""
        yield f"  photograph {one['photo']}  {one['state']}{quality}{why}"
    yield "History"
    for one in found["history"]:
        more = {key: value for key, value in one.items() if key not in ("kind", "by", "at") and value}
        yield f"  {one['at'][:16].replace('T', ' ')}Z  {one['kind']} by {one['by']}  {plain(more)}"


def facts(said: dict[str, Any], register: str) -> Iterator[str]:
    """What is stated, a line a fact."""
    from safelight.export.person_phrases import stated

    for label, values in stated(said, register):
        yield f"  {label:<15}{'; '.join(values)}"


def plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')}: {plain(one)}" for key, one in value.items())
    if isinstance(value, list):
        return "; ".join(plain(one) for one in value)
    return str(value)


def candidates(found: dict[str, Any]) -> Iterator[str]:
    """Candidates as lines, with chance in a sentence."""
    gallery = count(found["gallery"], "person", "people")
    yield f"{count(found['probes'], 'face')} against {gallery}; {found['seconds']:.1f} s."
    probe = None
    for one in found["candidates"][:_CANDIDATES]:
        if one["probe"] != probe:
            probe = one["probe"]
            yield f"{probe}"
        names = f" ({', '.join(one['names'][:2])})" if one["names"] else ""
        yield f"  {one['rank']:>2}. {one['id']}  {one['status']} {one['person_id']}{names}; {one['standing']}"
        yield f"        {_score(one)}; for and against, in all {one['weight']:+.1f}"
        yield from _lines(why for why in one["reasons"] if why["side"] != "unknown")
    left = len(found["candidates"]) - _CANDIDATES
    if left > 0:
        yield f"and {left:,} more: see --json"
    if not found["candidates"]:
        yield "No candidate: nobody of the gallery looks near enough to be shown. That does not mean nobody is there."
    for one in found["no_face"]:
        yield f"No face was found in {one}."
    yield found["meaning"]
    yield "These are candidates, not identities. Two people decide: `safelight persons review next`."


def _score(one: dict[str, Any]) -> str:
    """The likeness of two faces, with what it means."""
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
        yield from _side(f"{number}. {one['id']}", one)
    if found.get("page"):
        yield f"The photographs, side by side: {found['page']['file']}"
    else:
        yield "To see the photographs: the same with --page FILE.html, where the case allows export."
    yield "The order says nothing, and some of the list cannot be the one. For each, say what you see:"
    yield "  safelight persons review answer C-… --verdict same|different|cannot-say"


def _side(title: str, one: dict[str, Any]) -> Iterator[str]:
    yield f"{title}  {one['status']} {one['person_id']}, {count(len(one['photos']), 'photograph')}"
    yield from (f"    {line}" for line in facts(one["facts"], one["status"]))


def answered(found: dict[str, Any]) -> Iterator[str]:
    yield f"{found['id']}: you say {found['verdict']}. It is now: {found['standing']}."
    if found["foil"]:
        yield found["explained"]
        return
    yield f"Faces: {_score(found)}."
    yield from _lines(found["table"])
    yield f"  in all {found['weight']:+.1f} (+1: ten times as likely if the two are one person; -1: if they are not)"
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
        *(("from " + key, one) for key, one in found["by_source"].items()),
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
            "right, of those known",
        ),
        [
            (
                name,
                f"{one['candidates']:,}",
                f"{one['standing']['confirmed by two']:,}",
                f"{one['standing']['excluded']:,}",
                f"{one['results']['reunited']:,}",
                f"{one['results']['not-the-same']:,}",
                _interval(one["real_of_settled"]),
            )
            for name, one in groups
        ],
    )
    foils = found["foils"]
    if foils["answered"]:
        say(
            f"Of {count(foils['answered'], 'answer')} about people who cannot be the one, "
            f"{foils['taken_for_the_same']:,} said that it is the same person."
        )


def re_enrolled(found: dict[str, Any]) -> Iterator[str]:
    """What became of a gallery that was described anew."""
    yield (
        f"{count(found['photos'], 'photograph')} in the gallery: {found['described']:,} described anew by "
        f"{found['version']}, {found['again']:,} were already."
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
