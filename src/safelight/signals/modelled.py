"""What signals that stand on models have in common: a version that names them, loading once, honest absence."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from safelight.errors import SafelightError
from safelight.media.protocol import Picture
from safelight.model import Capability, SignalValue
from safelight.signals.models.version import ModelVersion

NO_FRAME = "not computed: no frame was decoded"


class ModelSignal(ABC):
    """A `Signal` (see `protocol.py`) of some models: a subclass loads them and computes."""

    name: str
    capability: Capability
    shape: Any
    revision: ClassVar[str]
    models: ClassVar[tuple[str, ...]]
    """Names of their cards."""

    def __init__(self) -> None:
        self._version = ModelVersion(self.revision, self.models)
        self._loaded = False

    @property
    def version(self) -> str:
        """Code revision and models, see `ModelVersion`."""
        return str(self._version)

    def prepare(self) -> None:
        """Load the models and run each once. Raises ModelMissingError or IntegrityError."""
        if not self._loaded:
            self._version.fix()
            self.load()
            self._loaded = True

    def compute(self, media: Sequence[Sequence[Picture]]) -> list[SignalValue]:
        """One value for each medium, or why there is none."""
        try:
            self.prepare()
        except (SafelightError, OSError) as error:
            absent = SignalValue(self.name, self._version.missing, None, f"not computed: {error}")
            return [absent for _ in media]
        return [
            SignalValue(self.name, self.version, value)
            if frames
            else SignalValue(self.name, self.version, None, NO_FRAME)
            for frames, value in zip(media, self.values(media), strict=True)
        ]

    @abstractmethod
    def load(self) -> None:
        """Load the models and run each once."""

    @abstractmethod
    def values(self, media: Sequence[Sequence[Picture]]) -> list[Any]:
        """One value for each medium, batched over all of them; anything for a medium without frames."""
