"""The reconciliation, which adds up or is refused; and the seven items of the documentation standards."""

import polars as pl
import pytest

from audit.errors import AuditError, ExitCode
from audit.sampling.frame import build_sampling_frame
from audit.sampling.reconciliation import build_reconciliation, list_documentation_items
from audit.sampling.replacements import list_current_cases, replace_case
from audit.sampling.sample_size import plan_sample
from audit.sampling.selection.simple_random import set_spares
from tests.drawn import CHOSEN, Record, drawn

CASES = pl.LazyFrame(
    {"id": [f"M{n:02}" for n in range(40)], "office": ["N", "S"] * 20, "test": [True] * 4 + [False] * 36}
)
SCOPED = build_sampling_frame(CASES, key="id", stratum="office", exclusions=[("test record", pl.col("test"))])


def made() -> Record:
    record = drawn(SCOPED, set_spares(plan_sample(SCOPED, size=10), 2))
    return replace_case(record, 3, reason="lost", when=CHOSEN)


def test_from_universe_to_assessed() -> None:
    record = made()
    assert build_reconciliation(record)[-2:] == (("assessed by rule", None), ("reviewed by people", None))
    keys = list_current_cases(record)["key"].to_list()
    assert build_reconciliation(record, assessed=keys, by_people=3) == (
        ("universe", 40),
        ("left out, test record", 4),
        ("frame", 36),
        ("not drawn", 26),
        ("sample", 10),
        ("of them spares, for cases replaced", 1),
        ("assessed by rule", 10),
        ("reviewed by people", 3),
    )


def test_what_does_not_add_up_is_refused_with_every_sum() -> None:
    record = made()
    record["frame"]["universe"] = 41
    record["design"]["strata"][0]["size"] = 17
    record["cases"].append(record["cases"][0])
    keys = list_current_cases(made())["key"].to_list()
    with pytest.raises(AuditError) as refused:
        build_reconciliation(record, assessed=[*keys[1:], "M999"])
    assert refused.value.code is ExitCode.DATA
    assert [problem.what for problem in refused.value.problems] == [
        "41 in the universe less 4 left out are 37, and the frame has 36",
        "the strata do not add up to the frame",
        "11 cases are listed, and 10 different ones stand",
        "1 drawn case not assessed, 1 assessed case not drawn",
    ]


def test_the_seven_items_say_where_they_stand_or_that_they_do_not() -> None:
    """Internal Revenue Service, Rev. Proc. 2011-42, Appendix B."""
    record = made()
    assert [(one.number, one.location is None) for one in list_documentation_items(record)] == [
        (1, False),
        (2, False),
        (3, True),
        (4, True),
        (5, True),
        (6, True),
        (7, True),
    ]
    complete = list_documentation_items(
        record,
        results="settled.csv",
        supporting="determinations.csv, evidence",
        projection="report.json, audit",
        slips="none",
        adjustments="none follow",
    )
    assert [one.location for one in complete[2:]] == [
        "sample.json, cases; settled.csv",
        "determinations.csv, evidence",
        "report.json, audit",
        "sample.json: 0 seeds given up, extended 0 times, 1 case replaced; none",
        "none follow",
    ]
