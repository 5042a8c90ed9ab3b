"""How likely pairs of people are one person each: splink over DuckDB in memory, with fixed, documented weights.

DuckDB gets no folder to spill to, no network, no files, no extensions; what it holds is gone with the connection.
"""

from __future__ import annotations

import logging
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[Any]
COMPARISONS = ("name", "born", "place", "sex")
CONFINED = (
    "SET threads = 1",
    "SET memory_limit = '3GB'",
    "SET temp_directory = ''",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",  # nothing takes any of these back
)
"""What DuckDB is told before it is given anything: no spill, no files, no network."""
_CONDITIONS = {
    ("name", "same"): "names_l = names_r",
    ("name", "sounds"): "sounds_l = sounds_r",
    ("name", "part"): "within(parts_l, parts_r)",
    ("name", "similar"): "alike(parts_l, parts_r)",
    ("born", "day"): "born_l = born_r AND certain_l AND certain_r",
    ("born", "exchanged"): "born_l = turned_r AND certain_l AND certain_r",
    ("born", "digit"): "certain_l AND certain_r AND damerau_levenshtein(born_l, born_r) = 1",
    ("born", "year"): "year_l = year_r AND NOT (certain_l AND certain_r)",
    (
        "place",
        "town",
    ): "city_l = city_r AND (country_l = country_r OR country_l IS NULL OR country_r IS NULL)",
    ("place", "country"): "country_l = country_r",
    ("sex", "same"): "sex_l = sex_r",
}
"""What each level means, over the columns that `score` is given; the rest of a comparison is its last level."""
_UNKNOWN = {
    "name": "names_l IS NULL OR names_r IS NULL",
    "born": "year_l IS NULL OR year_r IS NULL",
    "place": "(city_l = city_r) IS NOT TRUE AND (country_l IS NULL OR country_r IS NULL)",
    "sex": "sex_l IS NULL OR sex_r IS NULL",
}
_BY_FREQUENCY = {"name": "sounds", "place": "city"}
_FREQUENT = frozenset({"same", "sounds", "part", "similar", "town"})


@dataclass(frozen=True, slots=True)
class Scored:
    """Pairs at or above the threshold: places in the table of people, probability, and levels `(k, 4)` by number.

    A level's number is its place in the table `likeness.toml`; -1: not known of one of them.
    """

    left: Ints
    right: Ints
    probability: npt.NDArray[np.float64]
    level: Ints


@cache
def table() -> dict[str, Any]:
    """The delivered table of weights."""
    return tomllib.loads(files(__package__).joinpath("likeness.toml").read_text(encoding="utf-8"))


def explained(level: Ints) -> str:
    """What a pair has in common and what not, for people: `a similar name; born on the same day`."""
    levels = table()["levels"]
    return "; ".join(
        levels[one][int(at)]["text"] for one, at in zip(COMPARISONS, level, strict=True) if at >= 0
    )


def score(people: pa.Table, left: Ints, right: Ints) -> Scored:
    """Compare pairs of rows of `people`; those that are probably one person, in order.

    `people` has `names`, `sounds`, `parts` (a list of `t`, a part, and `s`, its sound), `born` and `turned` (with day
    and month exchanged; texts `yyyymmdd`), `certain` (a full date that is no default), `year`, `city`, `country`,
    `sex`, and the frequencies `tf_sounds` and `tf_city`; null is not known.
    """
    if not len(left):
        empty = np.zeros(0, dtype=np.int64)
        return Scored(empty, empty, np.zeros(0), np.zeros((0, len(COMPARISONS)), dtype=np.int8))
    # why: both take half a second to import, and most stores have nobody to compare
    import duckdb
    from splink import DuckDBAPI, Linker

    logging.getLogger("splink").setLevel(logging.ERROR)
    settings = table()["settings"]
    connection = duckdb.connect(":memory:")
    try:
        for statement in (*CONFINED, *_macros(settings["similar"])):
            connection.execute(statement)
        database = DuckDBAPI(connection)
        numbered = people.append_column("unique_id", pa.array(np.arange(people.num_rows)))
        linker = Linker(database.register(numbered), _settings(), log_level=None)
        pairs = pa.table({"match_key": pa.repeat("0", len(left)), "join_key_l": left, "join_key_r": right})
        linker.table_management.register_blocked_pairs_for_predict(database.register(pairs))
        found = linker.inference.predict(
            threshold_match_probability=settings["threshold"], warning_mode="never"
        )
        names = ", ".join(f"gamma_{one}" for one in COMPARISONS)
        said = connection.sql(
            f"SELECT unique_id_l, unique_id_r, match_probability, {names} FROM {found.physical_name} "  # nosec B608 -- names of our own
            "ORDER BY unique_id_l, unique_id_r"
        ).to_arrow_table()
    finally:
        connection.close()
    level = np.stack([_levels(one, said.column(f"gamma_{one}").to_numpy()) for one in COMPARISONS], axis=1)
    left, right, probability = (said.column(at).to_numpy() for at in range(3))
    # A name alone is never enough, nor is anything without one: a birth date or a town must agree too.
    enough = (level[:, 0] >= 0) & (level[:, 0] < _last("name"))
    enough &= ((level[:, 1] >= 0) & (level[:, 1] < _last("born"))) | (level[:, 2] == 0)
    return Scored(left[enough], right[enough], probability[enough], level[enough])


def _last(comparison: str) -> int:
    return len(table()["levels"][comparison]) - 1


def _levels(comparison: str, gamma: Ints) -> Ints:
    """Splink counts levels from the last one; -1 stays."""
    made: Ints = np.where(gamma < 0, -1, _last(comparison) - gamma).astype(np.int8)
    return made


def _macros(similar: float) -> list[str]:
    """Every part of the shorter name (two at least) is found in the longer one: by sound, or by spelling too."""
    found = "len(list_filter({p}, lambda x: len(list_filter({q}, lambda y: {same})) > 0)) = len({p})"
    made = []
    for name, same in (
        ("within", "x.s = y.s"),
        ("alike", f"x.s = y.s OR jaro_winkler_similarity(x.t, y.t) >= {similar}"),
    ):
        shorter, longer = found.format(p="a", q="b", same=same), found.format(p="b", q="a", same=same)
        made.append(
            f"CREATE MACRO {name}(a, b) AS least(len(a), len(b)) > 1 AND "
            f"CASE WHEN len(a) <= len(b) THEN {shorter} ELSE {longer} END"
        )
    return made


def _settings() -> dict[str, Any]:
    said = table()
    comparisons = []
    for name in COMPARISONS:
        levels: list[dict[str, Any]] = [
            {"sql_condition": _UNKNOWN[name], "label_for_charts": "not known", "is_null_level": True}
        ]
        for one in said["levels"][name]:
            condition = _CONDITIONS.get((name, one["code"]), "ELSE")
            level = {
                "sql_condition": condition,
                "label_for_charts": one["text"],
                "m_probability": one["m"],
                "u_probability": one["u"],
            }
            if one["code"] in _FREQUENT and name in _BY_FREQUENCY:
                level["tf_adjustment_column"] = _BY_FREQUENCY[name]
                level["tf_adjustment_weight"] = 1.0
                level["disable_tf_exact_match_detection"] = name == "place"
            levels.append(level)
        comparisons.append({"output_column_name": name, "comparison_levels": levels})
    return {
        "link_type": "dedupe_only",
        "probability_two_random_records_match": said["settings"]["prior"],
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": [],
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
    }
