"""The twenty situations that a sentence of a report can state, in a fixed order."""

from __future__ import annotations

DANGER = (
    "ongoing",
    "plan",
    "access",
    "trust",
    "meeting",
    "coercion",
    "self-harm",
    "live",
    "making",
    "grooming",
    "young",
    "trafficking",
)
"""A child may be in danger now."""

OTHER = ("trade", "viral", "past", "fiction", "commentary", "negated", "hypothetical", "routine")
"""Less urgent, or no danger: what is easily mistaken for one."""

DECOYS = ("past", "fiction", "commentary", "negated", "hypothetical")
"""Of these, what speaks of danger and is none."""
DECOY_SHARE = 0.22
"""Of reports without a child in danger, how many speak of one all the same: the middle of 15 to 30 %."""

CODES = (*DANGER, *OTHER)
"""All, in the order of every array here. New ones are added at the end, never between."""

MEANING = {
    "ongoing": "abuse of a child goes on and has not stopped",
    "plan": "somebody intends to harm a child; a date or an opportunity lies ahead",
    "access": "the suspected person lives with, cares for or is related to a child, or has one alone with him",
    "trust": "the suspected person holds a position of trust or an office",
    "meeting": "an adult tries to meet a child in person, or travels to one",
    "coercion": "a child is threatened, blackmailed, pressed, or forbidden to tell",
    "self-harm": "the child speaks of suicide, self-harm, despair or running away",
    "live": "abuse is shown, ordered or paid for as a live transmission",
    "making": "somebody makes new recordings of a child, or has a child make them",
    "grooming": "an adult builds up secret contact with a child",
    "young": "the child is very young or helpless",
    "trafficking": "a child is offered, lent, sold or brought to others",
    "trade": "files or links are shared, collected or asked for; no sign of a child at hand",
    "viral": "a joke, meme or shocking video that many forward",
    "past": "it happened long ago, or the child is safe now",
    "fiction": "a story, drawing, game or role play; no real child",
    "commentary": "news, police or others are quoted; a lesson, a warning, research",
    "negated": "it is said that nothing happened",
    "hypothetical": "a worry, a question or a what-if without facts",
    "routine": "boilerplate of reporters, spam, wrong department, adults only",
}
"""What each code means, in one clause: for reasons and for the documentation."""
