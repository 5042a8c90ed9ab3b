"""Run a model: an onnxruntime session on one thread, from bytes that were verified.

Parallelism is one process a core (the engine), so a session never starts threads of its own.

Current builds of onnxruntime for Linux (1.30) carry telemetry: on import they start an uploader, write a
device identifier below the home folder and look up a host, unless the environment says no before that.
Safelight makes no connection that the operator did not configure, so this is the only module that imports
onnxruntime, and it says no first (by both names that versions of it read).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from safelight.signals.models.faster import faster
from safelight.signals.models.registry import model_bytes

os.environ["ORT_DISABLE_TELEMETRY"] = os.environ["ORT_TELEMETRY_DISABLED"] = "1"
import onnxruntime

Floats = NDArray[np.float32]


class Network:
    """A loaded model: `network(images)` gives its outputs as float32 arrays, in the model's order."""

    __slots__ = ("_input", "_session", "batched", "outputs")

    def __init__(self, model: bytes) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Memory goes back after each run; measured, the arena saves no time here.
        options.enable_cpu_mem_arena = False
        self._session = onnxruntime.InferenceSession(
            faster(model), options, providers=["CPUExecutionProvider"]
        )
        first = self._session.get_inputs()[0]
        self._input: str = first.name
        self.batched: bool = not (first.shape and first.shape[0] == 1)
        """Does it take several images at once?"""
        self.outputs: list[str] = [one.name for one in self._session.get_outputs()]
        """Names of the outputs, in their order."""

    def __call__(self, images: Floats) -> Sequence[Floats]:
        """Run the whole batch at once."""
        feed: Mapping[str, Floats] = {self._input: images}
        outputs: Sequence[Floats] = self._session.run(None, feed)
        return outputs


def load_network(name: str) -> Network:
    """Load and verify a model by the name on its card.

    Raises:
        ModelMissingError: it is not installed.
        IntegrityError: its file is not the pinned one.
    """
    return Network(model_bytes(name))
