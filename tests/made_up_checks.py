"""Made-up tables and a check of every supported type: what passes, fails, is blank, odd, or not there at all."""

import random
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

SCHEMA: dict[str, Any] = {
    "key": pl.String,
    "kind": pl.String,
    "flag": pl.Boolean,
    "size": pl.Int64,
    "amount": pl.Float64,
    "begun": pl.Date,
    "ended": pl.Date,
    "seen": pl.Datetime("us"),
    "person": pl.String,
    "home.state": pl.String,
}
PEOPLE = pl.LazyFrame({"person": ["p1", "p2", None], "alias": ["q1", "q2", "q2"]})
ORDER = "expect_column_pair_values_a_to_be_greater_than_b"

# Every supported type, with the arguments that change what it counts.
CHECKS: list[tuple[str, dict[str, Any]]] = [
    ("expect_column_values_to_not_be_null", {"column": "key"}),
    ("expect_column_values_to_not_be_null", {"column": "kind", "mostly": 0.5}),
    ("expect_column_values_to_be_unique", {"column": "key"}),
    ("expect_column_values_to_be_unique", {"column": "size", "mostly": 0.5}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["kind", "size"]}),
    (
        "expect_compound_columns_to_be_unique",
        {"column_list": ["kind", "flag"], "ignore_row_if": "any_value_is_missing"},
    ),
    ("expect_compound_columns_to_be_unique", {"column_list": ["kind", "begun"], "ignore_row_if": "never"}),
    ("expect_column_values_to_be_in_set", {"column": "kind", "value_set": ["a", "b"]}),
    ("expect_column_values_to_be_in_set", {"column": "flag", "value_set": [True]}),
    ("expect_column_values_to_be_in_set", {"column": "size", "value_set": [1, 2], "mostly": 0.6}),
    ("expect_column_values_to_be_in_set", {"column": "person in people.person", "value_set": [True]}),
    ("expect_column_values_to_be_in_set", {"column": "person in people.alias", "value_set": [True]}),
    ("expect_column_values_to_match_regex", {"column": "key", "regex": "^k[0-9]+$"}),
    ("expect_column_values_to_match_regex", {"column": "kind", "regex": "(?:a|b)", "mostly": 0.5}),
    ("expect_column_values_to_be_between", {"column": "size", "min_value": 1, "max_value": 3}),
    ("expect_column_values_to_be_between", {"column": "size", "min_value": 1, "strict_min": True}),
    ("expect_column_values_to_be_between", {"column": "amount", "max_value": 2.5, "strict_max": True}),
    ("expect_column_values_to_be_between", {"column": "begun", "min_value": date(2011, 3, 2), "mostly": 0.9}),
    ("expect_column_values_to_be_between", {"column": "ended", "max_value": date(2011, 3, 2)}),
    ("expect_column_values_to_be_between", {"column": "seen", "min_value": date(2011, 3, 2)}),
    (ORDER, {"column_A": "ended", "column_B": "begun"}),
    (ORDER, {"column_A": "ended", "column_B": "begun", "or_equal": True, "ignore_row_if": "either_value_is_missing"}),
    (ORDER, {"column_A": "ended", "column_B": "day of seen", "or_equal": True, "ignore_row_if": "neither"}),
    (ORDER, {"column_A": "seen", "column_B": "begun", "or_equal": True, "mostly": 0.5}),
    (ORDER, {"column_A": "amount", "column_B": "size", "ignore_row_if": "either_value_is_missing"}),
    ("expect_column_values_to_match_regex", {"column": "key", "regex": r"^\w+$"}),
    ("expect_column_values_to_match_regex", {"column": "key", "regex": "(?i)^KÉ$"}),
    ("expect_column_value_lengths_to_equal", {"column": "key", "value": 2}),
    ("expect_column_value_lengths_to_equal", {"column": "kind", "value": 1, "mostly": 0.7}),
    ("expect_column_values_to_not_be_null", {"column": "amount"}),
    ("expect_column_values_to_be_unique", {"column": "amount"}),
    ("expect_column_values_to_not_be_null", {"column": "home.state"}),
    ("expect_column_values_to_be_in_set", {"column": "home.state", "value_set": ["NY", "🗽"]}),
    ("expect_column_values_to_match_regex", {"column": "home.state", "regex": "^.$"}),
    ("expect_column_value_lengths_to_equal", {"column": "home.state", "value": 1}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["home.state", "seen"]}),
    ("expect_table_row_count_to_equal", {"value": {"$PARAMETER": "rows_used"}}),
    ("expect_table_row_count_to_be_between", {"min_value": 1, "max_value": 40}),
    ("expect_table_row_count_to_be_between", {"max_value": 3, "strict_max": True}),
]
WHOLE: dict[str, list[Any]] = {
    "key": ["k1", "k2", "k3"],
    "kind": ["a", "b", "a"],
    "flag": [True, True, True],
    "size": [1, 2, 3],
    "amount": [1.5, 2.0, 2.25],
    "begun": [date(2011, 3, 2)] * 3,
    "ended": [date(2011, 3, 2)] * 3,
    "seen": [datetime(2011, 3, 2, 9)] * 3,
    "person": ["p1", "p2", "p1"],
    "home.state": ["N", "Y", "N"],
}
# A trailing line break, letters beyond ASCII and beyond 16 bits, a key that is repeated, days before 1582, before 1678
# and after 2261, not a number, zero with either sign.
ODD: dict[str, list[Any]] = {
    "key": ["k1\n", "ké", "k1", "k1", "🗽"],
    "kind": ["", " a", "A", "👍🏽", "🗽"],
    "flag": [False, None, True, True, None],
    "size": [0, -1, 2**40, 0, None],
    "amount": [float("nan"), float("inf"), -0.0, 0.0, float("nan")],
    "begun": [date(1600, 1, 1), date(9999, 12, 31), None, date(1500, 2, 28), date(1, 1, 1)],
    "ended": [date(1969, 12, 31), None, date(1970, 1, 1), date(1500, 3, 1), date(1, 1, 1)],
    "seen": [
        datetime(1969, 12, 31, 23, 59, 59),
        None,
        datetime(2011, 3, 2),
        datetime(1500, 3, 1, 0, 0, 0, 1),
        datetime(1677, 9, 21),
    ],
    "person": ["p3", "", "p2", "p2", None],
    "home.state": ["🗽", "👍🏽", "é", None, "🗽"],
}


def _random(seed: int) -> dict[str, list[Any]]:
    """A small table in which every column repeats and about a third is blank."""
    draw = random.Random(seed)
    days = [date(2011, 3, 1) + timedelta(days=i) for i in range(3)]
    pools: dict[str, list[Any]] = {
        "key": ["k1", "k22", "x"],
        "kind": ["a", "b", "cc"],
        "flag": [True, False],
        "size": [0, 1, 2, 3, 4],
        "amount": [0.5, 2.5, 4.0],
        "begun": days,
        "ended": days,
        "seen": [datetime(2011, 3, 1, 23), datetime(2011, 3, 2), datetime(2011, 3, 2, 0, 1)],
        "person": ["p1", "p2", "p9", "q2"],
        "home.state": ["NY", "🗽", "N"],
    }
    rows = draw.choice([1, 2, 5, 41, 90])
    return {
        name: [draw.choice([*pool, *[None] * (len(pool) // 2)]) for _ in range(rows)] for name, pool in pools.items()
    }


def tables() -> dict[str, pl.LazyFrame]:
    made: dict[str, Mapping[str, list[Any]]] = {
        "passing": WHOLE,
        "failing": {name: [*values, *values[:1]] for name, values in WHOLE.items()} | {"kind": ["c", "c", "dd", "c"]},
        "null": {name: [values[0], None, values[2]] for name, values in WHOLE.items()},
        "all_null": {name: [None] * 3 for name in SCHEMA},
        "empty": {name: [] for name in SCHEMA},
        "odd": ODD,
        **{f"random_{seed}": _random(seed) for seed in range(4)},
    }
    return {name: pl.LazyFrame(data, schema=SCHEMA) for name, data in made.items()}
