"""Models: their cards, where their files come from, and how they are loaded. Nothing is ever fetched."""

from __future__ import annotations

from safelight.signals.models.card import ModelCard, card, cards
from safelight.signals.models.registry import (
    ModelState,
    add_model,
    list_models,
    model_bytes,
    prepare_models,
    verify_models,
)

__all__ = [
    "ModelCard",
    "ModelState",
    "add_model",
    "card",
    "cards",
    "list_models",
    "model_bytes",
    "prepare_models",
    "verify_models",
]
