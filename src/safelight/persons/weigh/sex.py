"""Sex as two registers state it, with the error of both."""

from __future__ import annotations

from safelight.persons.person import Sex, Weighed
from safelight.persons.weigh.pair import Pair, Party, both, silent, unknown, weighed
from safelight.persons.weigh.spans import YEAR

CODE = "sex"
_TWO = (Sex.FEMALE, Sex.MALE)
_WORDS = {
    Sex.FEMALE: (("female", "female"), ("girl", "girls"), ("woman", "women")),
    Sex.MALE: (("male", "male"), ("boy", "boys"), ("man", "men")),
    Sex.OTHER: (("other", "other"),) * 3,
}
"""For one and for several: of no known age, children, adults."""


def weigh_sex(pair: Pair) -> Weighed:
    """Agreement by how frequent the sex is in the gallery; disagreement by how often a register errs."""
    first, second = pair.a.facts.sex, pair.b.facts.sex
    if first is None or second is None:
        return unknown(pair, CODE, "the sex", first is not None, second is not None)
    grown = [_grown(one) for one in (pair.a, pair.b)]
    if 0 in grown:  # why: beside each other “man” and “male” read as if they said two things
        grown = [0, 0]
    text = both(pair, _WORDS[first][grown[0]][0], _WORDS[second][grown[1]][0])
    if first not in _TWO or second not in _TWO:
        return silent(CODE, f"{text} Not weighed.")
    ratios = pair.ratios
    error = ratios["sex.error"]
    share, other = pair.crowd.sex_share(first), pair.crowd.sex_share(second)
    if first is second:
        ratio = (share * (1 - error) ** 2 + (1 - share) * error**2) / share**2
        several = _WORDS[first][grown[0] if grown[0] == grown[1] else 0][1]
        text += f" {100 * share:.0f} % of the gallery are {several}: speaks {_speaks(ratio)}."
    else:
        # Where a sex is so rare that it is stated mostly by mistake, stating it says nothing.
        ratio = min(1.0, error * (1 - error) / (share * other))
        text += " One of the two entries would have to be wrong."
    return weighed(
        CODE, text, ratio, ratios["sex.most_for"], ratios["sex.most_against"], ratios.source("sex.error")
    )


def _grown(party: Party) -> int:
    """1 for a child, 2 for an adult, 0 where the age is not known."""
    seen = party.facts.seen.days if party.facts.seen else None
    born = party.facts.born
    if born is None or seen is None:
        return 0
    return 1 if (seen.last - born.last).days < 18 * YEAR else 2


def _speaks(ratio: float) -> str:
    return "nearly nothing" if ratio < 1.2 else "little" if ratio < 3 else "something"
