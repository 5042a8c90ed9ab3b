"""The embedders there are: those that packages offer, and those that an agency added with a card (`models add`)."""

from __future__ import annotations

from safelight.errors import ModelMissingError, UsageError
from safelight.persons.portraits.own import OwnEmbedder
from safelight.persons.protocol import Embedder
from safelight.plugins import load
from safelight.signals.models.card import card, cards

_in_use: dict[str, OwnEmbedder] = {}


def embedder(name: str) -> Embedder:
    """One embedder, the same in every call of a process: a jailed worker loads it once and cannot look again.

    Raises UsageError where there is none of that name.
    """
    packaged: dict[str, Embedder] = load("embedders")
    if name in packaged:
        return packaged[name]
    if name not in _in_use:
        try:
            _in_use[name] = OwnEmbedder(card(name))
        except ModelMissingError:
            raise UsageError(
                f"There is no embedder '{name}'.",
                f"Set SAFELIGHT_FACE_EMBEDDER to one of: {', '.join(embedder_names())}.",
            ) from None
    return _in_use[name]


def embedder_names() -> list[str]:
    """All names, sorted."""
    return sorted({*load("embedders"), *(one.name for one in cards().values() if one.embedder is not None)})
