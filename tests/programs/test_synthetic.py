"""The synthetic year is complete, its tables fit together, offices differ, and it is the same every time."""

import ast
import hashlib
import logging
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from audit.programs.secure_communities import synthetic
from audit.programs.secure_communities.synthetic import recipes, write_year
from audit.programs.secure_communities.synthetic.recipes import read_cells, read_person_kinds
from audit.programs.secure_communities.synthetic.removals import (
    CONVICTED_LATER_COUNT,
    FOUND_IN_COURT_COUNT,
    OVERLOOKED_COUNT,
    UNRECORDED_COUNT,
    UNSUPPORTED_COUNT,
)

OFFICES = Path(__file__).parents[2] / "src" / "audit" / "programs" / "secure_communities" / "offices.csv"
TABLES = (
    "matches",
    "persons",
    "encounters",
    "dispositions",
    "actions",
    "convictions",
    "charges",
    "immigration_history",
    "removals",
    "court_records",
)
PUBLISHED = (267, 48, 11, 88, 218, 21, 45, 16, 8, 1, 43)  # DHS OIG-12-64, Assessing Enforcement Decisions


@pytest.fixture(scope="module")
def whole(year: Path) -> dict[str, pl.DataFrame]:
    return {name: pl.read_parquet(year / f"{name}.parquet") for name in TABLES}


@pytest.fixture(scope="module")
def read(whole: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The rows of the fiscal year: the keys of the months after it begin with M12 and, elsewhere, with 5."""
    return {
        name: table.filter(~pl.col(table.columns[0]).str.contains("^(M12|[A-Z]5)")) for name, table in whole.items()
    }


@pytest.fixture(scope="module")
def identity(read: dict[str, pl.DataFrame]) -> pl.DataFrame:
    spelt = dict(pl.read_csv(OFFICES).filter(pl.col("since").is_null()).select("alias", "code").rows())
    return (
        read["matches"]
        .filter(match_kind="identity")
        .with_columns(code=pl.col("office").replace_strict(spelt), match_date=pl.col("match_time").dt.date())
    )


@pytest.fixture(scope="module")
def documented(read: dict[str, pl.DataFrame], identity: pl.DataFrame) -> pl.DataFrame:
    """Per match whether it is documented within sixty days, and by which day."""
    entry = read["encounters"].join(read["dispositions"], on="encounter_id", suffix="_disposition")
    entry = entry.drop_nulls("disposition_code").with_columns(
        entered=pl.max_horizontal("entered_date", "entered_date_disposition")
    )
    near = identity.join(entry.select("person_id", "encounter_date", "entered"), on="person_id")
    distance = (pl.col("encounter_date") - pl.col("match_date")).dt.total_days()
    near = near.filter(distance.is_between(-1, 60), (pl.col("entered") - pl.col("match_date")).dt.total_days() <= 60)
    near = near.group_by("match_id").agg(pl.col("entered").min())
    return identity.join(near, on="match_id", how="left").with_columns(
        documented=pl.col("entered").is_not_null(),
        timely=(pl.col("entered") <= pl.col("match_date")).fill_null(False),
        month=pl.col("match_time").dt.strftime("%Y-%m"),
    )


def test_the_year_holds_the_published_number_of_matches(read: dict[str, pl.DataFrame]) -> None:
    kinds = dict(read["matches"]["match_kind"].value_counts().rows())
    assert kinds == {"identity": 348_958, "duplicate transmission": 287, "test record": 124}


def test_keys_are_unique_and_references_hold(whole: dict[str, pl.DataFrame]) -> None:
    for name, table in whole.items():
        assert table[table.columns[0]].is_unique().all(), name
        assert table[table.columns[0]].null_count() == 0, name
    for child, key, parent in (
        ("matches", "person_id", "persons"),
        ("encounters", "person_id", "persons"),
        ("convictions", "person_id", "persons"),
        ("immigration_history", "person_id", "persons"),
        ("dispositions", "encounter_id", "encounters"),
        ("actions", "match_id", "matches"),
        ("charges", "match_id", "matches"),
        ("removals", "person_id", "persons"),
        ("court_records", "person_id", "removals"),
    ):
        named = whole[child].drop_nulls(key)
        assert named.join(whole[parent], on=key, how="anti").is_empty(), (child, key)


def test_dates_are_in_order(read: dict[str, pl.DataFrame], identity: pl.DataFrame) -> None:
    matches = read["matches"]
    day = pl.col("match_time").dt.date()
    assert matches.filter(~day.is_between(date(2010, 10, 1), date(2011, 9, 30))).is_empty()
    assert matches.filter((pl.col("decision_date") < day) | (pl.col("decision_date") > date(2011, 9, 30))).is_empty()
    assert matches.filter(pl.col("release_time") < pl.col("match_time")).is_empty()
    assert read["encounters"].filter(pl.col("entered_date") < pl.col("encounter_date")).is_empty()
    assert read["dispositions"].filter(pl.col("entered_date") < pl.col("disposition_date")).is_empty()
    assert read["convictions"].filter(pl.col("recorded_date") < pl.col("conviction_date")).is_empty()
    assert read["convictions"].filter(pl.col("imposed_days") > pl.col("max_days")).is_empty()
    acted = read["actions"].join(matches, on="match_id")
    assert acted.filter(pl.col("action_time") < pl.col("match_time")).is_empty()
    assert (
        acted.group_by("match_id")
        .agg((pl.col("action_time").min().dt.date() == pl.col("decision_date").first()).alias("on_the_day"))[
            "on_the_day"
        ]
        .all()
    )


def test_every_office_and_month_occurs_and_volumes_differ(identity: pl.DataFrame) -> None:
    offices = identity["code"].value_counts().sort("count")
    assert len(offices) == 24
    assert offices["count"][0] < 3_000
    assert offices["count"][-1] > 30_000
    months = identity.group_by(pl.col("match_time").dt.strftime("%Y-%m").alias("month")).len().sort("month")
    assert len(months) == 12
    assert months["len"][-1] > 1.3 * months["len"][0]


def test_persons_come_back_and_some_are_unknown(identity: pl.DataFrame) -> None:
    matches_of = identity.drop_nulls("person_id").group_by("person_id").len()["len"]
    assert 0.11 < (matches_of > 1).mean() < 0.13  # type: ignore[operator]
    assert 0.017 < identity["person_id"].null_count() / len(identity) < 0.021
    assert 0.015 < (identity["office"] != identity["code"]).mean() < 0.025  # type: ignore[operator]


def test_the_months_after_the_year_are_there(whole: dict[str, pl.DataFrame]) -> None:
    later = whole["matches"].filter(pl.col("match_id").str.starts_with("M12-"))
    assert dict(later["match_kind"].value_counts().rows())["identity"] == 205_000
    assert (later["match_time"].min(), later["match_time"].max()) > (datetime(2011, 10, 1), datetime(2012, 3, 31))
    assert later["match_time"].max() < datetime(2012, 4, 1)  # type: ignore[operator]
    persons = whole["matches"].filter(pl.col("match_id").str.starts_with("M11-"))["person_id"].drop_nulls()
    assert not later["person_id"].drop_nulls().is_in(persons.implode()).any()


def test_offices_complete_some_records_later(whole: dict[str, pl.DataFrame]) -> None:
    encounters = whole["encounters"].with_columns(
        wait=(pl.col("entered_date") - pl.col("encounter_date")).dt.total_days()
    )
    late = encounters.filter(pl.col("wait") > 55)  # an encounter is dated up to three days after its match
    completed = (
        whole["dispositions"]
        .join(whole["encounters"].select("encounter_id", "encounter_date"), on="encounter_id")
        .filter((pl.col("entered_date") - pl.col("encounter_date")).dt.total_days() > 55)
    )
    assert 5_000 < late.height < completed.height < 20_000
    assert late["entered_date"].max() <= date(2012, 4, 30)  # type: ignore[operator]
    assert late["entered_date"].dt.strftime("%Y-%m").n_unique() == 17  # from December 2010 to April 2012


def test_records_of_audited_persons_were_not_completed_before_the_audit_looked(whole: dict[str, pl.DataFrame]) -> None:
    audited = synthetic.select_sample(whole)
    entries = audited["dispositions"].join(
        audited["encounters"].select("encounter_id", "encounter_date"), on="encounter_id"
    )
    late = entries.filter((pl.col("entered_date") - pl.col("encounter_date")).dt.total_days() > 55)["entered_date"]
    assert len(late) > 5
    assert late.min() > date(2011, 12, 28)  # type: ignore[operator]


def test_the_recipes_hold_the_published_cells() -> None:
    cells, kinds = read_cells(), read_person_kinds()
    assert tuple(cells["cases"]) == PUBLISHED
    counted = (
        kinds.unpivot(("acted", "idle", "missing"), index="group", variable_name="conduct", value_name="cases")
        .with_columns(
            group=pl.when((pl.col("conduct") == "missing") | (pl.col("group") == "insufficient"))
            .then(pl.lit("insufficient"))
            .otherwise("group"),
        )
        .with_columns(
            conduct=pl.when(group="insufficient").then(pl.lit("missing")).otherwise("conduct"),
        )
        .group_by("group", "conduct")
        .agg(pl.col("cases").sum())
        .filter(pl.col("cases") > 0)
    )
    columns = ["group", "conduct", "cases"]
    assert set(counted.select(columns).rows()) == set(cells.select(columns).rows())


def test_every_kind_of_the_audit_names_the_words_that_it_is_an_instance_of() -> None:
    assert read_person_kinds()["words"].null_count() == 0
    assert read_cells()["words"].null_count() == 0
    for row in read_cells().filter(pl.col("cases") > 1, pl.col("group") != "insufficient").iter_rows(named=True):
        assert str(row["cases"]) in row["words"]


def test_the_generator_neither_imports_nor_reads_a_rule() -> None:
    allowed = {"numpy", "polars", "polars_hash", *sys.stdlib_module_names}
    own = synthetic.__name__
    for file in Path(synthetic.__file__).parent.glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] in allowed or name.startswith(own), (file.name, name)
    code = "import importlib, sys; importlib.import_module(sys.argv[1]); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code, own], capture_output=True, text=True, check=True
    ).stdout.split()
    assert own in loaded
    assert not [name for name in loaded if name.startswith(("audit.policy", "audit.assessment", "audit.storage"))]


def test_the_generator_reads_its_recipes_and_no_other_file() -> None:
    readers, files = set(), set()
    for file in Path(synthetic.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            if name == "open" or name.startswith(("read_", "scan_")):
                readers.add(name)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value.split(" ")[0]:
                files.add(node.value.split()[0])
    assert {name for name in readers if not hasattr(recipes, name)} == {"read_csv"}
    assert not [name for name in files if name.endswith((".yaml", ".yml", ".toml"))]


def test_gaps_differ_by_office_and_close_late_in_the_year(documented: pl.DataFrame) -> None:
    office = documented.group_by("code").agg(pl.col("documented").mean())["documented"]
    assert 0.78 < office.min() < 0.84  # type: ignore[operator]
    assert 0.95 < office.max() < 0.98  # type: ignore[operator]
    by_month = {month: (share, timely) for month, share, timely in _shares(documented)}
    assert by_month["2011-09"][0] > by_month["2011-08"][0] > by_month["2011-07"][0] > by_month["2011-06"][0]
    assert 0.935 < by_month["2011-09"][0] < 0.95
    assert 0.85 < by_month["2011-09"][1] < 0.90
    assert 0.89 < documented["documented"].mean() < 0.92  # type: ignore[operator]


def test_the_same_bytes_every_time(year: Path, tmp_path: Path) -> None:
    write_year(tmp_path)
    for name in TABLES:
        first, second = (_digest(folder / f"{name}.parquet") for folder in (year, tmp_path))
        assert first == second, name


def test_every_error_of_recorded_criminality_is_put_there_in_its_number(read: dict[str, pl.DataFrame]) -> None:
    removed = read["removals"]
    taken = read["actions"].filter(action="removed")
    assert removed.select("removal_date").equals(taken.select(removal_date=pl.col("action_time").dt.date()))
    history = read["convictions"].filter(outcome="convicted").select("person_id", "conviction_date", court=False)
    shown = pl.concat([history, read["court_records"].select("person_id", "conviction_date", court=True)])
    before = removed.join(shown, on="person_id").filter(pl.col("conviction_date") <= pl.col("removal_date"))
    kinds = removed.with_columns(
        criminal=pl.col("criminality") == "convicted criminal",
        history=pl.col("removal_id").is_in(before.filter(~pl.col("court"))["removal_id"].implode()),
        court=pl.col("removal_id").is_in(before.filter("court")["removal_id"].implode()),
    )
    counted = {row[:3]: row[3] for row in kinds.group_by("criminal", "history", "court").len().iter_rows()}
    assert counted[False, True, False] == OVERLOOKED_COUNT
    assert counted[False, False, True] == FOUND_IN_COURT_COUNT
    assert counted[True, False, False] == UNSUPPORTED_COUNT
    assert (False, True, True) not in counted and (True, False, True) not in counted
    court = read["court_records"]
    assert court.height == FOUND_IN_COURT_COUNT + CONVICTED_LATER_COUNT
    assert court["recorded_date"].null_count() == UNRECORDED_COUNT
    assert court.filter(pl.col("recorded_date") < pl.col("conviction_date")).is_empty()


def test_every_spelling_names_one_office_and_harlingen_is_later() -> None:
    offices = pl.read_csv(OFFICES, try_parse_dates=True)
    assert offices["alias"].is_unique().all()
    assert offices["code"].n_unique() == 24
    assert offices.filter(pl.col("code") == pl.col("alias")).height == 24
    harlingen = offices.filter(pl.col("alias").is_in(["HAR", "HLG", "HAL"]))
    assert harlingen["code"].unique().to_list() == ["SNA"]
    assert (harlingen["since"] > date(2019, 12, 31)).all()


def _shares(documented: pl.DataFrame) -> list[tuple[str, float, float]]:
    return documented.group_by("month").agg(pl.col("documented").mean(), pl.col("timely").mean()).rows()


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_the_making_of_the_tables_is_told_step_by_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tiny = {"matches": pl.DataFrame({"a": [1]}), "persons": pl.DataFrame({"b": [2]})}
    monkeypatch.setattr(synthetic, "build_tables", lambda: tiny)
    monkeypatch.setattr(synthetic, "build_analysis_tables", lambda tables: {})
    with caplog.at_level(logging.INFO, logger="audit"):
        write_year(tmp_path / "year")
    assert [one.message for one in caplog.records] == ["writing the table matches", "writing the table persons"]
