"""The converters: how a file that a package carries becomes the ONNX file that is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from safelight.signals.models.blazeface import convert_blazeface
from safelight.signals.models.dlib_resnet import convert_dlib_resnet

CONVERTERS: Mapping[str, Callable[[bytes], bytes]] = {
    "blazeface": convert_blazeface,
    "dlib-resnet": convert_dlib_resnet,
}
"""By the name that cards give."""
