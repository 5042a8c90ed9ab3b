"""What a signal is: a pure function from decoded media to values, batched, without any I/O of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from safelight.media.protocol import Picture
from safelight.model import Capability, SignalValue


class Signal(Protocol):
    """One computed fact. One file each in this folder, one line under `safelight.signals`.

    Results are cached by the item's SHA-256, `name` and `version`: the version must change whenever a
    value could (code revision and the SHA-256 of each model file).
    """

    name: str
    capability: Capability
    shape: Any
    """The type of a value, as pydantic reads it: a worker's answer that differs is refused."""

    @property
    def version(self) -> str:
        """`<code revision>` or `<code revision>+<first 12 hex digits of the model's SHA-256>`."""
        ...

    def prepare(self) -> None:
        """Load models, once per process, before the jail closes. Raises ModelMissingError."""
        ...

    def compute(self, media: Sequence[Sequence[Picture]]) -> list[SignalValue]:
        """One value for each medium; a medium is a list of one picture or of several frames.

        A medium for which it cannot be had gives `SignalValue(value=None, absent="why")`.
        """
        ...
