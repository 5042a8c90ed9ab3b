"""Sex as two registers state it, with the error of both."""

from __future__ import annotations

from safelight.persons.person import Sex, Weighed
from safelight.persons.weigh.pair import Pair, Party, both, silent, unknown, weighed
from safelight.persons.weigh.spans import YEAR

CODE = "sex"
_TWO = (Sex.FEMALE, Sex.MALE)
_WORDS = {
    Sex.FEMALE: ("female", "girl", "woman", "girls"),
    Sex.MALE: ("male", "boy", "man", "boys"),
    Sex.OTHER: ("other", "other", "other", "other"),
}


def weigh_sex(pair: Pair) -> Weighed:
    """Agreement by how frequent the sex is in the gallery; disagreement by how often a register errs."""
    first, second = pair.a.facts.sex, pair.b.facts.sex
    if first is None or second is None:
        return unknown(pair, CODE, "the sex", first is not None, second is not None)
    text = both(pair, _word(pair.a), _word(pair.b))
    if first not in _TWO or second not in _TWO:
        return silent(CODE, f"{text} Not weighed.")
    ratios = pair.ratios
    error = ratios["sex.error"]
    share, other = pair.crowd.sex_share(first), pair.crowd.sex_share(second)
    if first is second:
        ratio = (share * (1 - error) ** 2 + (1 - share) * error**2) / share**2
        text += f" {100 * share:.0f} % of the gallery are {_WORDS[first][3]}: speaks {_speaks(ratio)}."
    else:
        # Where a sex is so rare that it is stated mostly by mistake, stating it says nothing.
        ratio = min(1.0, error * (1 - error) / (share * other))
        text += " One of the two entries would have to be wrong."
    return weighed(
        CODE, text, ratio, ratios["sex.most_for"], ratios["sex.most_against"], ratios.source("sex.error")
    )


def _word(party: Party) -> str:
    """`girl`, `woman` where the age is known, else `female`."""
    words = _WORDS[party.facts.sex or Sex.OTHER]
    seen = party.facts.seen.days if party.facts.seen else None
    born = party.facts.born
    if born is None or seen is None:
        return words[0]
    return words[1 if (seen.last - born.last).days < 18 * YEAR else 2]


def _speaks(ratio: float) -> str:
    return "nearly nothing" if ratio < 1.2 else "little" if ratio < 3 else "something"
