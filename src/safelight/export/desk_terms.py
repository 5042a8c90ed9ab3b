"""Words of the report desk that not every reader knows: the section *Terms* of its pages, and the glossary."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Term:
    """A word, what it means at the desk, and a regular expression that finds it in the text of a page."""

    word: str
    meaning: str
    seen: str


TERMS = (
    Term(
        "Priority",
        "From 0 to 1: an estimate, by the reasons beside it, of how likely it is that a child is in danger now. "
        "It orders work; it proves nothing, and where it is low a child may be in danger all the same.",
        r"\bpriorit(?:y|ies)\b",
    ),
    Term(
        "Band",
        "A range of priorities: urgent, high, normal, low. Each agency may set where one begins.",
        r"\bbands?\b|\b(?:urgent|high|normal|low)\s+(?:priority|above|below|0)",
    ),
    Term(
        "Line",
        "What has one place in the order: a report, or all reports that say the same (copies, a viral wave). So "
        "there are fewer lines than reports.",
        r"\blines?\b",
    ),
    Term(
        "R-…, and the report’s own number",
        "R-… is the desk’s id of a report, and stays the same for all its versions. Its own number is what its "
        "sender wrote into it. Commands take either.",
        r"\bR-[0-9a-f]{16}\b",
    ),
    Term(
        "Cluster",
        "Reports that are linked with certainty by what they state: about one person, as far as identifiers "
        "tell. A person judges, and may cut or join links. Its id, C-…, follows its first report; any report in "
        "it names it too.",
        r"\bclusters?\b",
    ),
    Term(
        "Strength, certain, probable",
        "From 0 to 1, how much two reports that share an identifier are about one person: much for an account, "
        "little for an address that many use. Strong links are certain, and make clusters; weaker ones are "
        "probable, and only hint at more.",
        r"\bstrength\b",
    ),
    Term(
        "Voices",
        "In how many independent reports an identifier stands: what one sender says on one day counts a few "
        "times at most, so that nobody makes an identifier common by repeating it.",
        r"\bvoices?\b",
    ),
    Term(
        "Carrier NAT",
        "Many customers of a network share one address at the same time. Without the source port and the "
        "second, it leads to no one subscriber.",
        r"\bcarrier\b|\bsource ports?\b",
    ),
    Term(
        "Log-odds",
        "The scale on which reasons add up. +0.7 about doubles the odds, +2.3 multiplies them by ten, minus "
        "signs divide. A sum of 0 is a priority of 0.50, −2.2 one of 0.10, +2.2 one of 0.90.",
        r"\blog-odds\b",
    ),
    Term(
        "KIRAT",
        "Kent Internet Risk Assessment Tool, by which police order suspects: previous convictions or "
        "allegations, access to children, current behaviour, other factors. Reasons stand here in its steps; "
        "the figures are Safelight’s.",
        r"\bKIRAT\b",
    ),
    Term(
        "A child to protect",
        "The reported account may be the child’s own: a minor states its age, made the pictures, or somebody "
        "took the account over (a hijacked account). It is never counted as an offender’s.",
        r"\bchild to protect\b|\bhijacked\b",
    ),
    Term(
        "Provisional",
        "Texts are not all read yet: the place may still change. `safelight reports rank` reads on.",
        r"\bprovisional\b",
    ),
    Term(
        "Due, clock",
        "The day after which something that could still be asked for may be gone: records of connections, "
        "content that the provider preserves. A rule of thumb by country, not legal advice; the source stands "
        "beside it.",
        r"\bdue\b|\bclocks?\b|\brun out\b",
    ),
    Term(
        "Closed, viewed by the provider",
        "A file is closed, and not even read, unless the report states that a person at the provider viewed it, "
        "or the case allows to open others. What the report states of it is compared all the same.",
        r"\bviewed\b|\bstays closed\b",
    ),
    Term(
        "Digest",
        "A number computed from a file’s content (MD5, SHA-1, SHA-256). Equal digests mean equal content; one "
        "that a report states can be compared without the file.",
        r"\bdigests?\b",
    ),
    Term(
        "Escalated",
        "The provider marks the report as an immediate risk to a child.",
        r"\bescalated\b",
    ),
    Term(
        "Taken back",
        "The sender said later that the report was wrong. It and its history stay; it stands lower.",
        r"\btaken back\b",
    ),
    Term(
        "Random sample of the low band, elusion",
        "Reports drawn by chance from what stands low, and looked at by people: how many of them tell of a "
        "child in danger estimates how many the order misses, with an interval (elusion, as in document "
        "review).",
        r"\bdrawn at random\b|\belusion\b",
    ),
    Term(
        "Recall",
        "Of the reports in which a child is in danger, the share that stands in the first part of the order.",
        r"\brecall\b",
    ),
    Term(
        "Precision",
        "Of the reports in the first part of the order, the share in which a child is in danger.",
        r"\bprecision\b",
    ),
    Term(
        "Lift",
        "How many times more often a child is in danger in the first part than in all reports. 1 is no better "
        "than chance.",
        r"\blift\b",
    ),
    Term(
        "Calibration",
        "Whether priorities say what is true: of reports with a priority of about 0.10, one in ten should be "
        "true.",
        r"\bcalibration\b",
    ),
    Term(
        "95 % interval",
        "Where the true share lies, in 95 of 100 such measurements. With few reports it is wide.",
        r"\b95 %",
    ),
    Term(
        "⟨U+NNNN⟩",
        "A character that cannot be shown, or would change how the text around it is shown.",
        r"⟨U\+",
    ),
)
"""In the order in which pages list them: what every page has comes first."""


def used(html: str) -> list[Term]:
    """The terms that a page uses; tags and what stands in them do not count."""
    text = _TAG.sub(" ", html)
    return [one for one in TERMS if re.search(one.seen, text, re.IGNORECASE)]
