"""Programs whose tables are in a database: the report that files would give, from one snapshot, and no secret told."""

import subprocess
from pathlib import Path

import polars as pl
import pytest

from audit.workflow import program_data, validation
from tests.acceptance.test_bad_input import FILINGS, OFFICES, PARTIES, PROGRAM, SUITE
from tests.conftest import Kept, RunAudit
from tests.postgresql import Server, started
from tests.tenth import Tenth


@pytest.fixture(scope="module")
def reference(postgresql: Server, tenth: Tenth) -> str:
    """A tenth of the reference year in PostgreSQL, in whatever order, beside columns that no one declared."""
    tables = {
        path.stem: pl.read_parquet(path).sample(fraction=1, shuffle=True, seed=1)
        for path in tenth.data.glob("*.parquet")
    }
    tables["persons"] = tables["persons"].with_columns(pl.lit("never to be read").alias("social security number"))
    return postgresql.fill("reference", tables)


def totals(folder: Path) -> dict[str, dict[str, str]]:
    return {row["table"]: row for row in pl.read_csv(folder / "tables" / "control_totals.csv").to_dicts()}


@pytest.mark.usefixtures("formless")
def test_the_month_from_postgresql_is_the_month_from_files_but_for_its_sources(
    audit: RunAudit,
    reference: str,
    postgresql: Server,
    tenth: Tenth,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    subtests: pytest.Subtests,
) -> None:
    tenth.stand_in(monkeypatch)

    def month(name: str, data: str | Path) -> Path:
        words = ("--data", data, "--reports", tmp_path / name, "--json")
        answer = audit("run", "secure_communities", "--month", "2011-09", *words)
        assert answer.code == 0, answer.err
        assert answer.json["written"]
        return tmp_path / name / "secure_communities" / "2011-09"

    database = month("database", reference)
    monkeypatch.setattr(validation, "confirm_checks", lambda *_: None)  # it would have refused above
    files = month("files", tenth.data)
    of_files, of_database = totals(files), totals(database)
    as_of_files = {"of the table’s rows as lines, sorted": "of the file’s bytes"}
    for table, row in of_database.items():
        assert row["file"] == f"postgresql://127.0.0.1:{postgresql.port}/reference/{table}"
        as_of_files |= {row[name]: of_files[table][name] for name in ("file", "sha256")}

    def restored(content: bytes) -> bytes:
        for written, expected in as_of_files.items():
            content = content.replace(written.encode(), expected.encode())
        return content

    names = sorted(path.relative_to(files) for path in files.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(database) for path in database.rglob("*") if path.is_file())
    differing = {str(name) for name in names if (files / name).read_bytes() != (database / name).read_bytes()}
    forms = {"report.html", "report.pdf", "report.xlsx"}  # which follow from the record, and are it here
    assert differing == {"manifest.json", "report.json", *forms, "tables/control_totals.csv"}
    for name in ("report.json", "tables/control_totals.csv"):
        assert restored((database / name).read_bytes()) == (files / name).read_bytes(), name

    # nothing of the user or of a column that was not declared
    for path in database.rglob("*"):
        assert path.is_dir() or not {b"auditor@", b"never to be read"} & {path.read_bytes()}

    with subtests.test("a stranger has the digest of each table from psql, sort and sha256sum"):
        tables = program_data.read_program_by_name("secure_communities").tables
        assert tables.keys() == of_database.keys()
        for relation, table in tables.items():
            columns = ", ".join(
                "null" if any(not one.header for one in table.columns[name].headers) else f'"{header}"'
                for name, header in table.list_headers().items()
            )  # the key comes first in each
            query = f"copy (select {columns} from {relation}) to stdout"
            piped = f"psql -qX '{reference}' -c '{query}' | LC_ALL=C sort | sha256sum"
            done = subprocess.run(["bash", "-c", piped], capture_output=True, text=True, check=True)
            assert done.stdout.split()[0] == of_database[relation]["sha256"], relation


def small(folder: Path, program: str) -> None:
    """A small program, in the folder where the command line runs."""
    (folder / "expectations").unlink()
    for name, text in {
        "filings/program.toml": program,
        "filings/offices.csv": OFFICES,
        "expectations/filings/filings.yaml": SUITE,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def filled(server: Server, database: str) -> str:
    """Its tables in a database; the URL."""
    filings, parties = (pl.read_csv(text.encode()) for text in (FILINGS, PARTIES))
    filings = filings.with_columns(pl.col("filed").str.to_date())
    return server.fill(database, {"filings": filings, "parties": parties})


def test_the_same_rows_in_another_order_make_nothing_new(audit: RunAudit, postgresql: Server, tmp_path: Path) -> None:
    small(tmp_path, PROGRAM)
    words = ("run", "filings", "--month", "2020-03", "--json", "--data", filled(postgresql, "ordered"))
    assert audit(*words).json["written"]
    postgresql.sql("update filings set notice = notice where filing = 'F1'", database="ordered")
    assert postgresql.sql("select filing from filings", database="ordered").split() == ["F2", "F1"]
    assert not audit(*words).json["written"]


def test_a_password_of_a_keyring_is_told_nowhere(
    audit: RunAudit,
    postgresql: Server,
    kept: Kept,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither in what is written, said or logged, nor in what the system shows of the process."""
    caplog.set_level("DEBUG")
    for name in ("PGPASSWORD", "PGPASSFILE"):
        monkeypatch.setenv(name, "")
    filled(postgresql, "kept")
    postgresql.sql("create role keeper login password 'hush-hush/1'", database="kept")
    postgresql.sql("grant select on filings, parties to keeper", database="kept")
    kept.passwords[f"audit postgresql://127.0.0.1:{postgresql.port}/kept", "keeper"] = "hush-hush/1"
    small(tmp_path, PROGRAM)
    words = ("run", "filings", "--month", "2020-03", "--json", "--data", postgresql.url("kept", user="keeper"))
    with postgresql.asking("keeper"):
        answer = audit(*words)
        assert answer.json["written"]
        kept.passwords = dict.fromkeys(kept.passwords, "hush-hush/2")
        refused = audit(*words, "--reports", tmp_path / "refused")
    assert refused.code == 3
    assert "password authentication failed" in refused.err
    told = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    told += [Path(f"/proc/self/{name}").read_bytes() for name in ("cmdline", "environ") if Path("/proc/self").exists()]
    told += [text.encode() for text in (answer.out, answer.err, refused.out, refused.err, caplog.text)]
    assert len(told) > 15
    assert not [text for text in told if b"hush-hush" in text]


def test_a_server_that_goes_in_the_middle_leaves_no_report(audit: RunAudit, tmp_path: Path) -> None:
    with started() as server:
        server.sql("create table parties (party text, kind text); insert into parties values ('A', 'person')")
        server.sql(
            "create table filings as select 'F' || i as filing, 'North' as office, date '2020-03-02' as filed,"
            " 'yes' as notice, 'A' as party from generate_series(1, 300000) i"
        )
        slow = "select *, case when filing = 'F250000' then pg_sleep(600)::text end as slept from filings"
        declared = PROGRAM.replace("[tables.filings]", f'[tables.filings]\nquery = "{slow}"', 1)
        small(tmp_path, declared.replace("filing = {", "slept = {}\nfiling = {", 1))
        with server.killed_when_asleep():
            answer = audit("run", "filings", "--month", "2020-03", "--data", server.url("postgres"))
    assert answer.code == 3
    assert answer.err.startswith(
        f"audit: postgresql://127.0.0.1:{server.port}/postgres/filings: the reading ended after "
    )
    assert len(answer.err.splitlines()) == 1
    assert not (tmp_path / "reports").exists()
