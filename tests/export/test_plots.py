"""Plots: the labels of the time axis are whole, apart from each other, and name the last month."""

from __future__ import annotations

import re

import pytest

from safelight.export.plots import WIDTH, columns

TICK = re.compile(r'<text class="label tick" text-anchor="(\w+)" x="([\d.]+)" y="\d+">([^<]+)</text>')
CHARACTER = 11 * 0.6
"""Widest that a digit of the style sheet's size comes out, in units of the plot."""


@pytest.mark.parametrize("count", range(1, 49))
def test_time_labels_are_whole_and_the_last_month_is_named(count: int) -> None:
    months = [f"{2023 + number // 12}-{number % 12 + 1:02d}" for number in range(48)][-count:]
    drawn = TICK.findall(str(columns("Leads by time", [(month, 1) for month in months], "k")))
    assert drawn[-1][2] == months[-1]
    end = 0.0
    for anchor, x, label in drawn:
        width = len(label) * CHARACTER
        left = float(x) - (width if anchor == "end" else width / 2)
        assert left >= end
        end = left + width
    assert end <= WIDTH
