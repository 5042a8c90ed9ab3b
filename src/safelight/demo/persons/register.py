"""An invented register in several scripts, as two CSV files. Photographs of public adults stand in, if at hand.

Every name, day, mark and place is invented, and has nothing to do with whoever is in the photographs.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

PHOTOGRAPHS = Path(__file__).parents[5] / "shared" / "data" / "faces"
"""Photographs of public adults, beside the project; not part of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One person as a register states them. `photo` names files of `PHOTOGRAPHS`, set apart by `;`."""

    person_id: str
    photo: str
    face: str
    name: str
    sex: str
    birth_date: str
    age: str
    height: str
    marks: str
    languages: str
    place: str
    coordinates: str
    seen_on: str
    source: str


MISSING = (
    Entry("M-1", "obama/obama.jpg;obama/obama2.jpg", "", "Данило Коваль; Danylo Koval", "male", "1979-03-12", "",
          "184 cm", "scar on the left forearm", "Ukrainian", "Харків, Ukraine", "49.99, 36.23", "2024-03-02",
          "Station North"),
    Entry("M-2", "biden/biden.jpg", "", "रमेश वर्मा; Ramesh Verma", "male", "1950", "",
          "178 cm", "", "Hindi; Urdu", "Lucknow, India", "26.85, 80.95", "2025-01-20", "Station North"),
    Entry("M-3", "kit_harington/john1.jpeg;kit_harington/john2.jpeg", "", "يوسف الخطيب", "male", "1991-11", "",
          "172 cm", "birthmark on the neck", "Arabic", "Amman, Jordan", "31.95, 35.93", "2025-06-30", "Station South"),
    Entry("M-4", "rose_leslie/img2.jpg", "", "王丽", "female", "1992-05-04", "",
          "166 cm", "burn on the right hand", "Chinese", "Kunming, China", "25.04, 102.72", "2025-08-15",
          "Station South"),
    Entry("M-5", "alex_lacamoire/img1.jpg", "", "Tiago Andrade", "male", "1975-09-21", "",
          "175 cm", "", "Portuguese", "Porto, Portugal", "41.15, -8.61", "2026-02-10", "Station South"),
)  # fmt: skip
FOUND = (
    Entry("F-1", "_probes/obama1.jpg", "", "Danilo Kowal", "male", "", "40-50",
          "183 cm", "scar, left forearm", "Ukrainian", "Львів, Ukraine", "49.84, 24.03", "2025-05-20", "Shelter West"),
    Entry("F-2", "_probes/johnsnow_test1.jpg", "", "Yousef Alkhatib", "male", "", "about 34",
          "171 cm", "", "Arabic", "Aqaba, Jordan", "29.53, 35.01", "2025-11-02", "Shelter West"),
    Entry("F-3", "_probes/kit_with_rose.jpg", "1", "", "female", "", "30-35",
          "165 cm", "burn, right hand", "", "Hanoi, Vietnam", "21.03, 105.85", "2026-01-09", "Shelter East"),
    Entry("F-4", "_probes/alex_lacamoire1.jpg", "", "", "male", "", "45-55",
          "176 cm", "", "Portuguese", "Braga, Portugal", "41.55, -8.42", "2025-12-24", "Shelter East"),
    Entry("F-5", "_probes/obama_and_biden.jpg", "", "", "male", "", "50-60",
          "", "", "", "Kraków, Poland", "50.06, 19.94", "2026-03-03", "Shelter East"),
)  # fmt: skip
"""F-4 was found before M-5 was last seen, and F-5's photograph shows several faces: somebody has to say which."""
TRUTH = {"F-1": "M-1", "F-2": "M-3", "F-3": "M-4", "F-4": "M-5"}
"""Whose photograph each found person's is, by number."""


def are_at_hand(photographs: Path) -> bool:
    """Is every photograph of the register there?"""
    return all(
        (photographs / one).is_file() for entry in (*MISSING, *FOUND) for one in entry.photo.split(";")
    )


def write(folder: Path, entries: Sequence[Entry], photographs: Path | None) -> Path:
    """Write `register.csv` into `folder`; with `photographs`, each is copied beside it under the person's number."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "register.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(one.name for one in fields(Entry))
        for entry in entries:
            person_id, photo, face, *facts = astuple(entry)
            names = []
            if photographs is not None:
                for number, one in enumerate(photo.split(";"), start=1):
                    names.append(f"{person_id}_{number}{Path(one).suffix}")
                    shutil.copyfile(photographs / one, folder / names[-1])
            lines.writerow((person_id, ";".join(names), face if names else "", *facts))
    return path


__all__ = ["FOUND", "MISSING", "PHOTOGRAPHS", "TRUTH", "Entry", "are_at_hand", "write"]
