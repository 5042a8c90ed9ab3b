"""Facts beside faces, weighed as likelihood ratios; every number with its source in `ratios.toml`."""

from safelight.persons.weigh.age_gap import Discount, age_at_first, discount, gap_years
from safelight.persons.weigh.crowd import Crowd, crowd_of
from safelight.persons.weigh.ratios import Ratios, changed, delivered
from safelight.persons.weigh.weigh import table, weigh

__all__ = [
    "Crowd",
    "Discount",
    "Ratios",
    "age_at_first",
    "changed",
    "crowd_of",
    "delivered",
    "discount",
    "gap_years",
    "table",
    "weigh",
]
