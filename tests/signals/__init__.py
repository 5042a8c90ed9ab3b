"""Signals. Reference packages import onnxruntime themselves: its telemetry is switched off here first."""

from __future__ import annotations

import os

os.environ["ORT_DISABLE_TELEMETRY"] = os.environ["ORT_TELEMETRY_DISABLED"] = "1"
