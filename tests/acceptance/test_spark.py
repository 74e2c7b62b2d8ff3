"""A Spark cluster finds what one machine finds, to the last bit; no rows of the population come to the driver."""

import hashlib
import inspect
import json
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Self

import polars as pl
import pytest

from audit.sampling.selection.simple_random import rank_smallest_tickets
from audit.spark import draw, partitions, read
from audit.spark import session as spark
from audit.spark.checks import check_on_spark, prepare_check_tables
from audit.spark.read import ROW_PLACE, SparkTable
from audit.storage import row_history
from audit.storage.output_folder import MANIFEST_FILE
from audit.tables.checks.great_expectations import adapt_suites_to_spark, validate_suites_on_spark
from audit.tables.checks.polars_expectations import EXPECTATIONS
from audit.tables.checks.suites import Check, Suite, compile_suites, compute_check_results
from audit.tables.schema import Source
from audit.workflow import program_data, sample_audit
from tests import made_up_program
from tests.cluster import Cluster
from tests.conftest import PROJECT, Answer, RunAudit
from tests.made_up_checks import CHECKS, PEOPLE, tables
from tests.tenth import Tenth

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SMALL = PROJECT / "data" / "secure_communities"
PROGRAM, MONTH = "secure_communities", ("--month", "2011-09")
SEED = "2011-FY 766 | dice 4 1 6 2 5 3"


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many rows came to the driver, each time any did; by another door than `session.brought` none can."""
    brought, numbers = spark.collect_arrow_table, list[int]()

    def counted(rows: Any) -> Any:
        found = brought(rows)
        numbers.append(found.num_rows)
        return found

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("rows came to the driver by another door")

    frame = pytest.importorskip("pyspark.sql.classic.dataframe").DataFrame
    collect = frame.collect

    def collected(rows: Any) -> Any:
        """Great Expectations collects its counts."""
        assert any("great_expectations" in one.filename for one in inspect.stack(0))
        found = collect(rows)
        numbers.append(len(found))
        return found

    for door in ("toPandas", "toLocalIterator", "take", "head", "tail", "show"):
        monkeypatch.setattr(frame, door, refused)
    monkeypatch.setattr(frame, "collect", collected)
    monkeypatch.setattr(spark, "collect_arrow_table", counted)
    return numbers


def same(one: Answer, other: Answer) -> Any:
    assert one.code == other.code == 0, one.err + other.err
    assert one.json == other.json
    return one.json


@pytest.mark.parametrize("start", ["0", "0.73"])
def test_the_same_draw(cluster: Cluster, tenth: Tenth, home: list[int], start: str) -> None:
    """The ticket is frozen by golden vectors of its own; Spark's SHA-256 must make the same, and DuckDB's."""
    path = tenth.data / "matches.parquet"
    identity = pl.read_parquet(path).filter(pl.col("match_kind") == "identity")
    cases = identity.select(key="match_id", stratum="office")
    each = dict.fromkeys(cases["stratum"].unique().to_list(), 40)
    whole = cases.with_columns(stratum=pl.lit(None, pl.String))
    with spark.open_session(cluster.url) as session:
        from pyspark.sql import functions as f

        there = session.read.parquet(str(path)).filter("match_kind = 'identity'")
        there = there.select(f.col("match_id").alias("key"), f.col("office").alias("stratum"))
        found = draw.draw_smallest_on_spark(there, each, seed=SEED, start=start)
        drawn = draw.draw_smallest_on_spark(
            there.withColumn("stratum", f.lit(None).cast("string")), {None: 766}, seed=SEED, start=start
        )
    assert drawn.equals(rank_smallest_tickets(whole, {None: 766}, seed=SEED, start=start).select(drawn.columns))
    assert found.equals(rank_smallest_tickets(cases, each, seed=SEED, start=start).select(found.columns))
    assert sum(home) == drawn.height + found.height + len(each)
    if start == "0":
        import duckdb

        ticket = f"sha256('{SEED}|' || match_id) as ticket"
        ranked = f"(select match_id, office, {ticket} from '{path}' where match_kind = 'identity')"
        first = duckdb.sql(f"select match_id from {ranked} order by ticket, match_id limit 766").fetchall()
        assert drawn["key"].to_list() == [key for (key,) in first]
        rank = "row_number() over (partition by office order by ticket, match_id)"
        of_each = duckdb.sql(f"select match_id from {ranked} qualify {rank} <= 40").fetchall()
        assert sorted(found["key"]) == sorted(key for (key,) in of_each)


def test_the_same_steps(
    cluster: Cluster, home: list[int], audit: RunAudit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frame, plan, draw and assess, one step at a time and in strata: the same files to the last byte.

    What comes home is counts, the drawn cases, and their files.
    """
    for name in ("audit.cli.verbs.sample", "audit.workflow.sample_audit"):
        monkeypatch.setattr(f"{name}.datetime", _Noon)
    program, data = _in_two_files(tmp_path)

    def taken(step: str, *words: str | Path, afar: bool = True) -> list[int]:
        """Take a step on both; how many rows came to the driver, each time any did."""
        home.clear()
        there = audit(step, program, *words, "--json", "--reports", "there", *["--engine", cluster.url] * afar)
        same(there, audit(step, program, *words, "--json", "--reports", "here"))
        one, other = ({path.name: path.read_bytes() for path in _files(where)} for where in ("there", "here"))
        assert one.keys() == other.keys()
        assert [name for name in one if one[name] != other[name]] == []
        return list(home)

    came = taken("scope", "--data", data, "--stratum", "office")
    lines = Path("there", PROGRAM, "sample", "frame.txt")
    frame = json.loads(lines.with_name("frame.json").read_bytes())
    assert frame["digest"] == hashlib.sha256(lines.read_bytes()).hexdigest()
    strata = len(frame["sizes"])
    assert sum(came) < strata + 30  # files, and one row for each count
    taken("plan", "--size", "90", "--start", "0.4", "--spares", "1", afar=False)
    # the drawn and the spares; the digest; the sizes of the strata, to hold the frame to and for the draw
    assert sum(taken("draw", "--seed", "dice 1 2 3", "--seed-source", "dice")) == 90 + strata + 1 + 2 * strata
    assert max(taken("assess", "--data", data)) < 300  # of 766 cases: the files of the drawn
    lines.write_bytes(b"".join(lines.read_bytes().splitlines(keepends=True)[1:]))
    ended = audit("draw", program, "--engine", cluster.url, "--reports", "there")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        f"audit: {lines.resolve()}: is not the file of cases whose digest, size and strata the frame states. "
        "Take the step again: audit scope.\n"
    )
    assert not list(Path("there").rglob(".cluster"))


def test_the_same_month(cluster: Cluster, tenth: Tenth, home: list[int], audit: RunAudit) -> None:
    words = ("compliance", PROGRAM, "--data", tenth.data, *MONTH, "--json")
    found = same(audit(*words, "--engine", cluster.url), audit(*words))
    assert len(found["measures"]) == 6
    assert sum(home) < 200  # files, months and buckets: no unit
    import duckdb

    units = f"from '{tenth.data / 'matches.parquet'}' where strftime(match_time, '%Y-%m') = '2011-09'"
    [(received,)] = duckdb.sql(f"select count(*) {units}").fetchall()
    assert found["measures"][0]["national"]["received"] == received


def test_the_same_determinations(cluster: Cluster, tenth: Tenth, home: list[int], audit: RunAudit) -> None:
    """Every match of one person in ten, each with its explanations, under every attribute."""
    words = ("assess", PROGRAM, "--data", tenth.data, "--all", "--json")
    there = audit(*words, "--engine", cluster.url, "--reports", "there").json
    here = audit(*words, "--reports", "here").json
    folders = [Path(one.pop("written")) for one in (there, here)]
    assert there == here
    assert sum(home) < 200
    far, near = (pl.read_parquet(folder / "*.parquet").sort("attribute", "match_id") for folder in folders)
    assert near["match_id"].n_unique() > 30_000
    assert near["evidence"].null_count() < near.height
    assert far.equals(near)
    assert not list(folders[0].parent.glob(".*"))  # what was laid out is gone


@pytest.mark.usefixtures("formless", "formless_packets")
def test_the_same_report(
    cluster: Cluster, home: list[int], audit: RunAudit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two months at once, and a third on the ledger of the second, with packets: every file to the last byte, the
    manifest included.

    Both say of a row that it is gone by then; both read the delivery note, and trace resolved items to their records.
    """
    program, data = _in_two_files(tmp_path, blank=40, sample=60)
    _complete_in_september(data)
    _write_delivery_note(data)
    asked: dict[str, int] = dict.fromkeys(("read_tables_on_spark", "partition_tables"), 0)

    def counted(module: ModuleType, name: str) -> None:
        do = getattr(module, name)

        def told(*words: Any, **named: Any) -> Any:
            asked[name] += 1
            return do(*words, **named)

        monkeypatch.setattr(module, name, told)

    counted(read, "read_tables_on_spark")
    counted(partitions, "partition_tables")
    for number, months in enumerate((("--since", "2011-07", "--month", "2011-08"), MONTH), start=1):
        if number == 2:
            path = data / "dispositions.csv"
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            assert lines.pop(1).endswith("2010-10-01\n")  # its day of entry
            path.write_text("".join(lines), encoding="utf-8")
        words = ("run", program, "--data", data, *months, "--json", *["--packets"] * (number == 2))
        far = audit(*words, "--reports", "there", "--engine", cluster.url)
        near = audit(*words, "--reports", "here")
        assert far.code == near.code == 0, far.err + near.err
        assert asked == {"read_tables_on_spark": number, "partition_tables": number}
        one, other = (
            {path.relative_to(where): path.read_bytes() for path in _files(where)} for where in ("there", "here")
        )
        assert one.keys() == other.keys()
        assert [name for name in one if one[name] != other[name]] == []
    assert Path(PROGRAM, "2011-09", row_history.ROW_HISTORY_FILE) in one
    assert Path(PROGRAM, "2011-09", "packets", "NYC", "worklist.csv") in one
    record = json.loads(one[Path(PROGRAM, "2011-09", "report.json")])
    assert len(record["follow_up"]["verified"]["items"]) == record["follow_up"]["verified"]["resolved"] > 3
    assert [total["sum_read"] for total in record["delivery"] if total["sum_column"]] == [
        str(pl.read_csv(data / "convictions.csv")["max_days"].sum())
    ]
    assert far.err == near.err
    assert [tuple(change.values()) for change in far.json["late_changes"]] == [
        ("dispositions", "rows", "2010-10", 67, 66, ["2011-07", "2011-08"])
    ]
    assert max(home) < 200  # of 766 units: the drawn cases' files, and what lacks a record
    assert not list(Path("there").rglob(".cluster"))


def test_a_late_change_is_told_by_either_engine_of_the_reports_of_the_other(
    cluster: Cluster, audit: RunAudit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of rows of every type, with blanks, and texts that UTF-16 sorts otherwise; in months of several batches."""
    monkeypatch.setitem(spark.SESSION_SETTINGS, "spark.sql.execution.arrow.maxRecordsPerBatch", "3")
    program, data = _odd(tmp_path)
    words = ("run", program, "--data", data, "--json", "--month")
    assert audit(*words, "2020-11", "--reports", "here").code == 0
    by = ("--by", "Assistant Inspector General for Audits", "--on", "2021-01-01")
    assert audit("issue", program, "--month", "2020-11", *by, "--reports", "here").code == 0
    shutil.copytree("here", "there")
    answers = pl.read_csv(data / "answers.csv", infer_schema=False)
    answers.filter(pl.col("answer_id") != "WR2020-11-00").write_csv(data / "answers.csv")
    near = audit(*words, "2020-12", "--reports", "here")
    far = audit(*words, "2020-12", "--reports", "there", "--engine", cluster.url)
    assert far.code == near.code == 0, far.err + near.err
    one, other = (Path(where, "answers", "2020-12") for where in ("there", "here"))
    assert (one / row_history.ROW_HISTORY_FILE).read_text(encoding="utf-8") == (
        other / row_history.ROW_HISTORY_FILE
    ).read_text(encoding="utf-8")
    assert (one / MANIFEST_FILE).read_bytes() == (other / MANIFEST_FILE).read_bytes()
    counts = {
        (table, month): rows for table, month, rows, *_ in pl.read_csv(one / row_history.ROW_HISTORY_FILE).iter_rows()
    }
    answered = [counts["answers", month] for month in ("", "2020-12", "2021-02")]
    assert answered == [1, 6, 9]  # two of the last were entered before there was their unit
    assert far.json["late_changes"] == near.json["late_changes"]
    assert [(one["what"], one["before"], one["now"]) for one in far.json["late_changes"]] == [("2020-11", 5, 4)]
    assert "--reports here --correct" in near.err
    assert far.err == near.err.replace("--reports here", f"--reports there --engine {cluster.url}")


def test_files_that_come_by_months_and_blank_persons(
    cluster: Cluster, audit: RunAudit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text, in two files, with persons that nobody recorded: each such match is a case of its own."""
    program, data = _in_two_files(tmp_path, blank=40)
    words = ("compliance", program, "--data", data, "--json")
    found = same(audit(*words, "--engine", cluster.url), audit(*words))
    assert found["measures"][0]["national"]["no_identifier"]
    monkeypatch.setattr("audit.spark.partitions.UNITS_PER_BUCKET", 90)  # nine buckets rather than four
    assert audit(*words, "--engine", cluster.url).json == found


def test_a_key_in_two_files_is_refused(cluster: Cluster, audit: RunAudit, tmp_path: Path) -> None:
    program, data = _in_two_files(tmp_path)
    lines = (data / "matches-1.csv").read_text(encoding="utf-8").splitlines()
    with (data / "matches-2.csv").open("a", encoding="utf-8") as file:
        file.write(f"{lines[1]}\n{lines[2]}\n")
    ended = audit("compliance", program, "--data", data, *MONTH, "--engine", cluster.url)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "audit: matches-*.csv, column match_id: 2 keys are shared by rows of different files. "
        "Remove the repeated rows; on a cluster they are not set aside.\n"
    )


def test_a_flaw_is_said_as_on_one_machine(cluster: Cluster, audit: RunAudit, tmp_path: Path) -> None:
    shutil.copytree(SMALL, tmp_path / "flawed")
    path = tmp_path / "flawed" / "matches.csv"
    first = path.read_text(encoding="utf-8").splitlines()[1].split(",")[2]
    path.write_text(path.read_text(encoding="utf-8").replace(first, "yesterday"), encoding="utf-8")
    words = ("compliance", PROGRAM, "--data", path.parent, *MONTH)
    far, near = audit(*words, "--engine", cluster.url), audit(*words)
    assert (far.code, far.err) == (near.code, near.err)
    assert "matches.csv, row 2" in far.err


def test_every_supported_check(cluster: Cluster, tmp_path: Path) -> None:
    """Each finds what it finds on one machine, by polars and by Great Expectations: on a table that passes, fails, has
    blanks, odd values and rows at random.

    One check of each type is put to a table of blanks and to one without a row: all of them would take too long.
    """
    made = {name: rows.collect() for name, rows in tables().items()}
    every = pl.concat([made[name] for name in ("passing", "failing", "null", "odd", "random_1")])
    there = {"every": every, "blank": made["all_null"], "empty": made["empty"], "people": PEOPLE.collect()}
    asked = {"every": CHECKS, "blank": dict(CHECKS).items(), "empty": dict(CHECKS).items()}
    suites = {
        name: Suite(name=name, expectations=tuple(Check(type=type, kwargs=kwargs) for type, kwargs in checks))
        for name, checks in asked.items()
    }
    parameters = {name: {"rows_used": every.height} for name in suites}
    here = compile_suites({name: rows.lazy() for name, rows in there.items()}, suites, keys={}, parameters=parameters)
    compiled = compile_suites(
        {name: rows.clear().lazy() for name, rows in there.items()}, suites, keys={}, parameters=parameters
    )
    with spark.open_session(cluster.url) as session:
        frames = prepare_check_tables(
            {name: _readied(session, name, rows, tmp_path) for name, rows in there.items()}, compiled
        )
        by_polars, by_great_expectations = (
            check_on_spark(frames, compiled),
            validate_suites_on_spark(frames, adapt_suites_to_spark(compiled)),
        )
    found, of_pairs = compute_check_results(here), compute_check_results(adapt_suites_to_spark(here))
    for expectation in EXPECTATIONS:
        results = [result for result in found if result.expectation == expectation]
        assert {result.passed for result in results} == {True, False}, expectation
        assert any(result.failed for result in results), expectation
    assert found != of_pairs  # pairs of which one value is blank, which Great Expectations passes over on Spark
    assert [pair for pair in zip(by_polars, found, strict=True) if pair[0] != pair[1]] == []
    assert [pair for pair in zip(by_great_expectations, of_pairs, strict=True) if pair[0] != pair[1]] == []


def test_a_worker_that_dies_takes_nothing_along(cluster: Cluster, audit: RunAudit) -> None:
    words = ("assess", PROGRAM, "--data", SMALL, "--all", "--json")
    here = audit(*words, "--reports", "here").json
    laid = Path("there").resolve() / PROGRAM / ".cluster" / "laid" / "immigration_history" / "_SUCCESS"
    url = cluster.url  # which begins one anew where another test lost it, with other workers
    with cluster.lost_when(laid, cluster.workers[-1]):
        there = audit(*words, "--engine", url, "--reports", "there").json
    assert cluster.workers[-1].poll() is not None
    cluster.add_worker()
    assert {**there, "written": ""} == {**here, "written": ""}


def test_a_cluster_that_is_lost_leaves_one_message_and_nothing_else(
    cluster: Cluster, audit: RunAudit, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, home = cluster.url, Path("reports").resolve() / PROGRAM
    with spark.open_session(url):
        pass  # a worker has taken up the work
    monkeypatch.setattr("audit.spark.session.WORKER_TIMEOUT", 5)
    words = ("assess", PROGRAM, "--data", SMALL, "--all", "--engine", url)
    laid = home / ".cluster" / "laid" / "matches" / "_SUCCESS"
    assert cluster.master
    with cluster.lost_when(laid, cluster.master, *cluster.workers):
        ended = audit(*words)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith(f"audit: {url}: the cluster cannot be reached, or was lost (")
    assert ended.err.count("\n") == 1
    assert not list(home.iterdir())
    again = audit(*words)
    assert again.err == (
        f"audit: {url}: the cluster cannot be reached, or was lost (no answer). See that its master and "
        "workers run and have memory left, then do it again: nothing was written.\n"
    )


def test_what_cannot_be_is_refused_before_the_work(audit: RunAudit, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("compliance", PROGRAM, "--data", SMALL, *MONTH, "--engine")
    ended = audit(*words, "127.0.0.1:7077")
    assert (ended.code, ended.err) == (
        2,
        "audit: `127.0.0.1:7077` is not the master of a Spark cluster. Write it as spark://host:port.\n",
    )
    nowhere = ("--engine", "spark://127.0.0.1:1")
    ended = audit("assess", PROGRAM, *nowhere)
    assert (ended.code, ended.err) == (
        3,
        "audit: reports/secure_communities/sample/sample.json: is not there yet. Take the step before: audit draw.\n",
    )
    for role in ("--cluster", "--measure"):
        ended = audit("scope", PROGRAM, role, "office", *nowhere)
        what = "audit: a frame with clusters or amounts is fixed on one machine. Leave out --engine.\n"
        assert (ended.code, ended.err) == (2, what)
    for role, what in {
        "--cluster": "from a frame with clusters or amounts a sample is drawn",
        "--stratum": "A systematic draw is made",
    }.items():
        assert audit("scope", PROGRAM, "--data", SMALL, role, "office").code == 0
        assert audit("plan", PROGRAM, "--size", "90", "--by", "systematic").code == 0
        ended = audit("draw", PROGRAM, *nowhere)
        assert (ended.code, ended.err) == (2, f"audit: {what} on one machine. Leave out --engine.\n")
    ended = audit("compliance", PROGRAM, "--data", "sqlite:///x.db", "--engine", "spark://127.0.0.1:1")
    assert ended.err == "audit: a cluster reads a folder of files that all its workers see. Name it with --data.\n"
    for name in [name for name in sys.modules if name.split(".")[0] == "pyspark"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    ended = audit(*words, "spark://127.0.0.1:1")
    assert (ended.code, ended.err) == (
        2,
        'audit: PySpark is not installed. Install it with pip install "audit-toolkit[spark]"; '
        "it needs Java 17 as well.\n",
    )


class _Noon(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls(2026, 1, 2, 12, tzinfo=tz)


def _files(folder: str) -> list[Path]:
    hidden = (".lock", ".read")
    return sorted(path for path in Path(folder).rglob("*") if path.is_file() and not {*hidden} & {*path.parts})


def _odd(folder: Path) -> tuple[Path, Path]:
    """A program whose answers have a column of every type, one by a name that is a word of ours; and its tables."""
    cells = {
        "month": (None, ["tab\t", "two\nlines", "\\N", '"', "é", None]),
        "share": ("number", ["1", "-0.0", "1e14", "0.1", None]),
        "sent": ("datetime", ["2020-11-01 10:00:00.120000", "1000-01-01T00:00", "9999-12-31 23:59:59.999999", None]),
        "kept": ("yes_no", ["Yes", "No", None]),
    }
    program = made_up_program.program(folder / "answers")
    text = (program / "program.toml").read_text(encoding="utf-8")
    declared = [f'{name} = {{ type = "{kind or "text"}" }}' for name, (kind, _) in cells.items()]
    for old, new in {
        "request_id = { required = true }\nanswered": "request_id = {}\nanswered",
        'entered = { type = "date" }': "\n".join(['entered = { type = "date" }', *declared]),
        'columns = ["answered"': f'columns = {json.dumps(list(cells))[:-1]}, "answered"',
    }.items():
        assert old in text
        text = text.replace(old, new, 1)
    (program / "program.toml").write_text(text, encoding="utf-8")
    data = made_up_program.tables(folder / "data")
    path, unit = data / "answers.csv", "R2021-02-00"
    rows = pl.read_csv(path, infer_schema=False)
    last = [["W\uffee", unit, None, "2020-12-01"], ["W\U00010000", unit, "2020-12-02", None], ["W", None, None, None]]
    rows = pl.concat([rows, pl.DataFrame(last, schema=rows.schema, orient="row")])
    odd = [pl.Series(name, (found * rows.height)[: rows.height]) for name, (_, found) in cells.items()]
    rows.with_columns(odd).reverse().write_csv(path)  # in no order that a digest is made in
    return program, data


def _in_two_files(folder: Path, *, blank: int = 0, sample: int = 0) -> tuple[Path, Path]:
    """The program and its small tables, with the matches in two files and as many of their persons blank.

    With a `sample` of so many cases it declares the frame of these tables.
    """
    from audit import programs

    program, data = folder / PROGRAM, folder / "data"
    shutil.copytree(programs.find_program_folder(PROGRAM), program)
    declared = (program / "program.toml").read_text(encoding="utf-8")
    (program / "program.toml").write_text(
        declared.replace('file = "matches.*"', 'file = "matches-*.csv"'), encoding="utf-8"
    )
    shutil.copytree(SMALL, data)
    rows = pl.read_csv(data / "matches.csv", infer_schema=False).with_row_index()
    rows = rows.with_columns(person_id=pl.when(pl.col("index") >= blank).then("person_id")).drop("index")
    rows[:400].write_csv(data / "matches-1.csv")
    rows[400:].write_csv(data / "matches-2.csv")
    (data / "matches.csv").unlink()
    work = program_data.read_program_data(str(program), data=data, expectations=PROJECT / "expectations")
    if sample:
        frame = sample_audit.scope_frame(work)
        text = (program / "program.toml").read_text(encoding="utf-8")
        text = text.replace(work.program.sample.frame_digest, frame.digest).replace("size = 766", f"size = {sample}")
        (program / "program.toml").write_text(text, encoding="utf-8")
    return program, data


def _complete_in_september(data: Path) -> None:
    """Of some encounters of July the dispositions are entered in September: their items are resolved in August's."""
    encounters = pl.read_csv(data / "encounters.csv", infer_schema=False)
    july = encounters.filter(pl.col("encounter_date").str.starts_with("2011-07"))["encounter_id"].head(12)
    path = data / "dispositions.csv"
    rows = pl.read_csv(path, infer_schema=False)
    entered = pl.when(pl.col("encounter_id").is_in(july.implode())).then(pl.lit("2011-09-15"))
    rows.with_columns(entered.otherwise("entered_date").alias("entered_date")).write_csv(path)


def _write_delivery_note(data: Path) -> None:
    rows = pl.read_csv(data / "convictions.csv")
    note = f"table,rows,sum_column,sum,extracted\nconvictions,{rows.height},max_days,{rows['max_days'].sum()},\n"
    (data / "delivery.csv").write_text(note, encoding="utf-8")


def _readied(session: "SparkSession", name: str, rows: pl.DataFrame, folder: Path) -> SparkTable:
    """A table as if it had been read on the cluster, from two files if it has rows for two."""
    (folder / name).mkdir()
    placed = rows.with_row_index(ROW_PLACE).cast({ROW_PLACE: pl.Int64})
    for number, part in enumerate((placed[:5], placed[5:])):
        part.write_parquet(folder / name / f"part-{number}.parquet")
    return SparkTable(
        source=Source(name=name, columns={}),
        schema=rows.schema,
        totals=(),
        months=(),
        aside=pl.DataFrame(),
        folder=folder / name,
        rows=session.read.parquet(spark.make_spark_path(folder / name)),
    )
