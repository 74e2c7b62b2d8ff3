"""The steps of an audit on a table of one's own, without a program folder.

A table is whatever narwhals reads: polars (eager or lazy), pandas, pyarrow, or a relation of DuckDB. Results are
polars.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl

from audit.assessment.determinations import Determinations
from audit.compliance.office_rates import MeasureResult, OfficeRate, rate_offices
from audit.compliance.unit_states import link_and_find_states
from audit.display import Display, Displayable, display_card, display_facts, display_table
from audit.errors import make_usage_error
from audit.formatting import format_count, format_percent, format_plural
from audit.policy.evaluate import DETERMINATION_SCHEMA, apply_policy
from audit.policy.vocabulary import ChildSchema, Vocabulary
from audit.policy.working_time import list_holidays
from audit.programs.measures import Census, Measure, RequiredRecord
from audit.sampling.draw import draw_designed_sample
from audit.sampling.frame import Frame, build_sampling_frame
from audit.sampling.manifest import build_manifest
from audit.sampling.plan import Plan, allocate_equally, allocate_proportionally
from audit.sampling.redraw import find_redraw_differences
from audit.sampling.sample_size import (
    MINIMUM_STRATUM_CASES,
    plan_attribute,
    plan_precision,
    plan_sample,
    refuse_plan_without_estimate,
)
from audit.statistics.intervals.exact import clopper_pearson, hypergeometric_limits
from audit.statistics.parameters import Rate, parse_rate
from audit.storage.declarations import read_policy, read_suite, read_suites
from audit.tables.checks.results import Checks
from audit.tables.checks.suites import Check, Suite, run_suites
from audit.tables.offices import name_offices

UserTable = Any  # whatever narwhals reads
SHARE_COLUMNS = ("rate", "lower_998", "upper_998")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """A share of a sample, and the limits between which the share of its population lies; shares in [0, 1]."""

    share: float
    lower: float
    upper: float
    level: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Sample(Displayable):
    """Cases drawn from a table, and the manifest from which anyone who has the table can draw them again."""

    cases: pl.DataFrame  # rows of the table in the order of the draw: `order`, its own columns, `ticket`
    manifest: Mapping[str, Any]

    def display(self) -> Display:
        """How many cases were drawn from how many, the seed and the digest, and the first cases."""
        frame, seed = self.manifest["frame"], self.manifest["seed"]
        drawn = format_plural(self.cases.height, "case")
        facts = [
            ("seed", f"{seed['value']} ({seed['source']})"),
            ("seed chosen", seed["chosen"]),
            ("frame digest (SHA-256)", frame["digest"]),
        ]
        return display_card(
            "Sample",
            f"{drawn} drawn of {format_count(frame['size'])}. The same frame and seed give the same cases.",
            display_facts(facts),
            display_table(self.cases.with_columns(pl.col("ticket").str.head(12) + "…"), title="Cases drawn"),
            foot=f"Next: .cases ({format_plural(self.cases.height, 'row')}), .manifest, audit.redraw(…)",
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class OfficeRates(Displayable):
    """How many cases of each office have all the records they need, and where each rate lies beside chance."""

    table: pl.DataFrame  # office, [month,] due, compliant, missing, rate, lower_998, upper_998, flag
    results: Mapping[str, MeasureResult]  # by month; "all" where no column of months was named

    def display(self) -> Display:
        """The share documented over all offices, and every office."""
        due, compliant = (int(self.table[name].sum()) for name in ("due", "compliant"))
        headings = {"lower_998": "99.8% limits from", "upper_998": "to"}
        shares = [headings.get(name, name) for name in SHARE_COLUMNS]
        return display_card(
            "Office rates",
            f"{format_percent(compliant, due)} of {format_plural(due, 'case')} have all the records they need.",
            display_table(self.table.rename(headings), rows=60, shares=shares),
            foot="Next: .table, audit.plot_offices(…), audit.plot_funnel(…)",
        )


def plan(
    cases: UserTable,
    *,
    key: str,
    size: int | None = None,
    margin: Rate | None = None,
    tolerable: Rate | None = None,
    expected: Rate | None = None,
    unassessable: Rate = "0",
    level: Rate = "0.95",
    strata: str | None = None,
    each_stratum: bool = False,
    equal_strata: bool = False,
) -> Plan:
    """How many cases to draw from a table: a `size` as given, or what a `margin` or a `tolerable` rate takes.

    Give exactly one of the three. `margin` is how far the rate may lie from its estimate on either side, near the
    `expected` rate (0.5 if absent). `tolerable` is the rate of deviations to rule out if no more than those `expected`
    (0 if absent) are found. `unassessable` is the share of cases whose records will be too thin to assess: so many more
    are drawn. With `each_stratum` the plan holds for each of the `strata` (a column) by itself; with `equal_strata`
    each stratum gives the same number of cases, and not its share of them. Rates are shares in [0, 1]. Methods and
    sources: `audit.sampling.sample_size`.

    AuditError (USAGE) where none or several of the three are given, or the table has fewer cases than that.
    """
    frame = build_sampling_frame(read_table(cases), key=key, stratum=strata)
    planned = plan_frame(
        frame,
        size=size,
        margin=margin,
        tolerable=tolerable,
        expected=expected,
        unassessable=unassessable,
        level=level,
        each_stratum=each_stratum,
        equal_strata=equal_strata,
    )
    refuse_plan_without_estimate(frame, planned)
    return planned


def plan_frame(
    frame: Frame,
    *,
    size: int | None,
    margin: Rate | None,
    tolerable: Rate | None,
    expected: Rate | None,
    unassessable: Rate,
    level: Rate,
    minimum: int = MINIMUM_STRATUM_CASES,
    each_stratum: bool,
    equal_strata: bool,
) -> Plan:
    """Plan a draw from a frame, as `plan` plans it from a table; of each stratum `minimum` cases at least."""
    named = {"size": size, "margin": margin, "tolerable": tolerable}
    chosen = [name for name, value in named.items() if value is not None]
    if len(chosen) != 1:
        what = f"a plan needs one of size, margin and tolerable, and got {' and '.join(chosen) or 'none'}"
        raise make_usage_error(what, "Give exactly one of the three.")
    shared: dict[str, Any] = {
        "confidence": level,
        "minimum": minimum,
        "allocate": allocate_equally if equal_strata else allocate_proportionally,
    }
    if size is not None:
        return plan_sample(frame, size=size, **shared)
    shared |= {"unassessable": unassessable, "each": each_stratum}
    if margin is not None:
        return plan_precision(frame, margin=margin, expected=expected or "0.5", **shared)
    return plan_attribute(frame, tolerable=tolerable or "0", expected=expected or "0", **shared)


def draw(
    cases: UserTable,
    *,
    key: str,
    size: int | None = None,
    seed: str,
    strata: str | None = None,
    plan: Plan | None = None,
    seed_source: str = "not stated",
) -> Sample:
    """Draw cases from a table: those with the smallest tickets, SHA-256 of the seed, a bar and the key.

    Draws `size` cases, or as many as a `plan` says; from each of the `strata` (a column) in proportion to its size. The
    draw depends on the keys, the strata and the seed alone, not on the order of the rows. The manifest records the
    time of this call as the time at which the frame was fixed and the seed chosen: for a draw that must show which
    came first, use `audit scope` and `audit draw`.

    AuditError (USAGE or DATA) where a key is not text, blank or repeated, or not one of size and plan is given.
    """
    rows = read_table(cases)
    frame = build_sampling_frame(rows, key=key, stratum=strata)
    if (size is None) == (plan is None):
        raise make_usage_error("a draw needs a size or a plan", "Give exactly one of the two.")
    design = plan if plan is not None else plan_sample(frame, size=size or 0, minimum=MINIMUM_STRATUM_CASES)
    refuse_plan_without_estimate(frame, design)
    sample = draw_designed_sample(frame, design, seed=seed)
    now = datetime.now(UTC).replace(microsecond=0)
    manifest = build_manifest(sample, frame, seed_source=seed_source, frame_fixed=now, seed_chosen=now)
    return Sample(cases=join_case_rows(sample.cases, rows, key=key), manifest=manifest)


def join_case_rows(selection: pl.DataFrame, rows: pl.LazyFrame, *, key: str) -> pl.DataFrame:
    """The rows of the drawn cases: `order`, the table's own columns, `ticket`; a row a case, in order of the draw."""
    order = selection.select("order", pl.col("key").alias(key), "ticket")
    columns = [name for name in rows.collect_schema().names() if name not in ("order", "ticket")]
    joined = order.lazy().join(rows.cast({key: pl.String}), on=key, how="left", maintain_order="left")
    return joined.select("order", *columns, "ticket").collect()


def redraw(manifest: Mapping[str, Any], cases: UserTable) -> list[str]:
    """Draw again from a table by a manifest, and list the differences; an empty list proves the sample."""
    return find_redraw_differences(_build_frame_again(manifest, read_table(cases)), manifest)


def check(
    tables: UserTable | Mapping[str, UserTable],
    suite: str | Path | Sequence[Mapping[str, Any]] | Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    key: str | Mapping[str, str] | None = None,
) -> Checks:
    """Run checks on one table, or on a mapping of tables by their names.

    `suite` is a YAML file of checks; a folder of such files, one a table; or the checks themselves, each
    `{"type": "expect_…", "kwargs": {…}}`, as a list for one table or a mapping by table for several. `key` names the
    column whose values identify failing rows: of the one table, or by table.
    """
    is_mapping = isinstance(tables, Mapping)
    rows = {name: read_table(one) for name, one in tables.items()} if is_mapping else {"table": read_table(tables)}
    suites = _read_suites(suite, [*rows], several=is_mapping)
    keys_by_table = key if isinstance(key, Mapping) else dict.fromkeys(rows, key)
    counts = {name: {"rows_used": one.select(pl.len()).collect().item()} for name, one in rows.items()}
    keys = {name: (column,) for name, column in keys_by_table.items() if column}
    return run_suites(rows, suites, keys=keys, parameters=counts)


def assess(
    cases: UserTable,
    policy: str | Path,
    *,
    key: str,
    dated_by: str,
    records: Mapping[str, UserTable] | None = None,
    on: str | None = None,
    calendar: str | None = None,
) -> Determinations:
    """Apply a policy to every case of a table: a row for each case and attribute, with outcome, rule and evidence.

    `policy` is a folder of rules. `dated_by` is the column with the day that decides which version of a rule applies.
    `records` are tables with any number of rows a case, by the names that conditions use, joined by the column `on`
    (the key if absent). `calendar` names the holidays that working days leave out ("US", "US-TX").
    """
    rows, children = read_table(cases), {name: read_table(one) for name, one in (records or {}).items()}
    vocabulary = Vocabulary(
        columns=_find_column_types(rows),
        children={name: ChildSchema(on=on or key, columns=_find_column_types(one)) for name, one in children.items()},
        holidays=list_holidays(calendar) if calendar else None,
    )
    rules = read_policy(Path(policy), vocabulary)
    determinations = apply_policy(rows, children, rules, key=key, dated_by=dated_by)
    table = determinations.select(key, *DETERMINATION_SCHEMA).sort("attribute", key).collect()
    return Determinations(table=table, key=key)


def limits(count: int, sample: int, *, population: int | None = None, level: Rate = "0.95") -> Limits:
    """Exact two-sided confidence limits of a share, from `count` cases of a simple random `sample`.

    Hypergeometric where the size of the population is known (Wang 2015), Clopper-Pearson (1934) where it is not.

    Example:
        >>> round(limits(25, 723, population=348_958).upper, 4)
        0.0506
    """
    if population is None:
        lower, upper = clopper_pearson(count, sample, level)
    else:
        least, most = hypergeometric_limits(count, sample, population, level)
        lower, upper = least / population, most / population
    return Limits(share=count / sample, lower=lower, upper=upper, level=float(parse_rate(level)))


def office_rates(
    cases: UserTable,
    *,
    office: str,
    needs: str | Sequence[str],
    key: str | None = None,
    month: str | None = None,
) -> OfficeRates:
    """How often the cases of each office have all the records they need, with 99.8% limits of chance.

    `needs` are the columns that must be filled. `month` is a column of days, or of months as "2011-09", by which each
    month is counted apart. Limits: exact binomial around the rate of all offices, widened where offices differ by more
    than chance (Spiegelhalter 2005); an office with fewer than 11 cases has no rate.
    """
    rows = read_table(cases)
    if key is None:
        key = "row number"
        rows = rows.with_row_index(key)
    if month and rows.collect_schema().get(month) == pl.String:
        rows = rows.with_columns(pl.concat_str(month, pl.lit("-01")).str.to_date())
    columns = [needs] if isinstance(needs, str) else [*needs]
    records = tuple(RequiredRecord(field=name, label=name.replace("_", " ")) for name in columns)
    duty = Measure(id="documentation", title="Documented", authority="", needs=records)
    census = Census(table="cases", unit=key, office=office, date=month, measures=(duty,))
    states = link_and_find_states({"cases": rows}, census, as_of=date.max if month else None).collect()
    names = name_offices(states["office"].unique().sort(), {})
    months = states["month"].drop_nulls().unique().sort().to_list() if month else ["all"]
    results = {one: rate_offices(states, census, period=one, offices=names)[0] for one in months}
    table = [
        {
            "office": row.name,
            **({"month": one} if month else {}),
            **list_office_values(row, ("due", "compliant", "missing")),
        }
        for one, result in results.items()
        for row in result.offices
    ]
    return OfficeRates(table=pl.DataFrame(table, infer_schema_length=None), results=results)


def list_office_values(row: OfficeRate, counts: Sequence[str]) -> dict[str, Any]:
    """The `counts` of an office, its rate, the 99.8% limits of chance, and on which side of them it lies."""
    limits_998 = {"lower_998": row.lower_998, "upper_998": row.upper_998}
    return {**{name: getattr(row, name) for name in counts}, "rate": row.timely, **limits_998, "flag": row.flag}


def read_table(table: UserTable) -> pl.LazyFrame:
    """Any table as a lazy frame of polars. AuditError (USAGE) for what is no table."""
    if isinstance(table, Mapping):
        table = pl.DataFrame(table)
    try:
        frame = nw.from_native(table)
    except TypeError:
        what = f"a {type(table).__name__} is not a table"
        raise make_usage_error(what, "Give a table of polars, pandas, pyarrow or DuckDB.") from None
    if isinstance(frame, nw.LazyFrame):
        native: Any = frame.to_native()
        if isinstance(native, pl.LazyFrame):
            return native
        frame = frame.collect("polars")
    rows: pl.DataFrame = frame.to_polars()
    return rows.lazy()


def _build_frame_again(manifest: Mapping[str, Any], rows: pl.LazyFrame) -> Frame:
    fixed = manifest["frame"]
    roles = {role: fixed.get(role) for role in ("stratum", "cluster", "measure")}
    return build_sampling_frame(rows, key=fixed["key"], **roles)


def _find_column_types(table: pl.LazyFrame) -> dict[str, str]:
    """What each column holds, in the words of the policy's language."""

    def find_type(dtype: pl.DataType) -> str:
        if dtype.is_integer():
            return "integer"
        if dtype.is_numeric():
            return "number"
        return {"Date": "date", "Datetime": "datetime", "Boolean": "yes_no"}.get(str(dtype.base_type()), "text")

    return {name: find_type(dtype) for name, dtype in table.collect_schema().items()}


def _read_suites(suite: Any, names: list[str], *, several: bool) -> dict[str, Suite]:
    if isinstance(suite, str | Path):
        path = Path(suite)
        if path.is_dir():
            suites = read_suites(path)
            return suites if several or len(suites) != 1 else {names[0]: next(iter(suites.values()))}
        return {names[0]: read_suite(path)}
    by_table = suite if isinstance(suite, Mapping) else {names[0]: suite}
    return {
        name: Suite(name=name, expectations=tuple(Check(**one) for one in checks)) for name, checks in by_table.items()
    }
