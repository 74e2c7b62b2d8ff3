"""Tables out of a database: judged as those of files, one moment of them all, and what each fault is called."""

import hashlib
import importlib
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keyring
import keyring.errors
import polars as pl
import pytest

from audit.errors import AuditError, ExitCode
from audit.tables.limits import ReadLimits
from audit.tables.offices import Alias, Offices
from audit.tables.readers import database_drivers, databases
from audit.tables.readers import read as tables
from audit.tables.schema import Column, HeaderSpelling, Source
from audit.tables.table import Table
from tests.conftest import Kept
from tests.postgresql import Server, started

OFFICES = Offices(aliases=(Alias(code="BUF", name="Buffalo", alias="Buffalo"),))
CASES = Source(
    name="cases",
    columns={
        "office": Column(type="office"),
        "case_id": Column(required=True),
        "opened": Column(type="date", header="Opened On"),
        "made": Column(type="datetime"),
        "count": Column(type="integer"),
        "amount": Column(type="number"),
        "held": Column(type="yes_no"),
        "note": Column(),
    },
    key=("case_id",),
)
ROWS = pl.DataFrame(
    {
        "case_id": ["C2", "C1", "C3"],
        "office": ["Buffalo", "BUF", None],
        "Opened On": [date(2011, 3, 4), None, date(2011, 3, 5)],
        "made": [datetime(2011, 3, 4, 10, 11, 12, 500000), datetime(2011, 3, 4), None],
        "count": [1, -2, None],
        "amount": [1.5, 2.0, 0.1],
        "held": [True, None, False],
        "note": ["a\tb\\c\nd", "", None],
        "secret": ["x", "y", "z"],
    }
)
VALUES = [
    ("BUF", "C1", None, datetime(2011, 3, 4), -2, 2.0, None, None),
    ("BUF", "C2", date(2011, 3, 4), datetime(2011, 3, 4, 10, 11, 12, 500000), 1, 1.5, True, "a\tb\\c\nd"),
    (None, "C3", date(2011, 3, 5), None, None, 0.1, False, None),
]
LINES = [
    "C1\tBUF\t\\N\t2011-03-04 00:00:00\t-2\t2\t\\N\t",
    "C2\tBuffalo\t2011-03-04\t2011-03-04 10:11:12.5\t1\t1.5\tt\ta\\tb\\\\c\\nd",
    "C3\t\\N\t2011-03-05\t\\N\t\\N\t0.1\tf\t\\N",
]
PLAIN = Source(name="t", columns={"id": Column(), "n": Column(type="integer")}, key=("id",))


def read(url: str, *sources: Source, **settings: Any) -> list[Table]:
    return list(tables.read_declared_tables(sources, url, **{"offices": OFFICES, "pseudonym_key": None, **settings}))


def rows(table: Table) -> list[tuple[Any, ...]]:
    return table.rows.collect().rows()


def refusal(url: str, *sources: Source) -> tuple[str, ExitCode]:
    with pytest.raises(AuditError) as refused:
        read(url, *sources)
    return str(refused.value), refused.value.code


@pytest.fixture(scope="module")
def filled(postgresql: Server) -> str:
    return postgresql.fill("small", {"cases": ROWS, "t": pl.DataFrame({"id": ["A", "B"], "n": [1, 2]})})


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    with closing(sqlite3.connect(tmp_path / "small.db")) as connection:
        connection.execute('create table cases ("Opened On", case_id, office, made, count, amount real, held, note)')
        texts = ROWS.with_columns(pl.col("Opened On", "made").cast(pl.String), pl.col("held").cast(pl.Int8))
        order = texts.select("Opened On", "case_id", "office", "made", "count", "amount", "held", "note")
        connection.executemany(f"insert into cases values ({', '.join('?' * order.width)})", order.rows())
        connection.execute("create table t (id text, n integer)")
        connection.executemany("insert into t values (?, ?)", [("B", 2), ("A", 1)])
        connection.commit()
    return f"sqlite:///{tmp_path}/small.db"


@pytest.fixture
def duckdb(tmp_path: Path) -> str:
    with closing(importlib.import_module("duckdb").connect(str(tmp_path / "small.duckdb"))) as connection:
        arrow = ROWS.to_arrow()
        connection.register("given", arrow)
        connection.execute("create table cases as select * from given")
        connection.execute("create table t as select * from (values ('B', 2), ('A', 1)) v(id, n)")
    return f"duckdb:///{tmp_path}/small.duckdb"


@pytest.fixture(params=["filled", "sqlite", "duckdb"])
def database(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    return found


# What is read


def test_declared_columns_are_read_under_their_own_names_and_types(database: str) -> None:
    cases, t = read(database, CASES, PLAIN)
    assert rows(cases) == VALUES
    assert rows(t) == [("A", 1), ("B", 2)]
    assert cases.rows.collect_schema() == {name: tables.cells.POLARS_TYPES[c.type] for name, c in CASES.columns.items()}
    assert str(cases.totals[0]) == "3 rows in = 3 used + 0 set aside"
    assert cases.totals[0].from_database


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (ReadLimits(columns=1), "a table of 2 columns, and 1 are allowed"),
        (ReadLimits(unpacked_bytes=1), "bytes or more, and 1 are allowed"),
        (ReadLimits(seconds=-1), "reading it takes more than"),
    ],
    ids=["columns", "bytes", "seconds"],
)
def test_a_table_beyond_its_limits_is_refused(database: str, limits: ReadLimits, said: str) -> None:
    with pytest.raises(AuditError) as refused:
        read(database, replace(PLAIN, limits=limits))
    [problem] = refused.value.problems
    assert said in problem.what and "raise `limits." in problem.mend
    assert problem.file and problem.file.endswith("/t")


def test_the_digest_is_that_of_the_sorted_lines(database: str) -> None:
    """PostgreSQL and DuckDB give typed cells; SQLite, which has no types for days and yes or no, gives texts."""
    [table] = read(database, CASES)
    expected = hashlib.sha256("".join(f"{line}\n" for line in LINES).encode()).hexdigest()
    assert (table.totals[0].sha256 == expected) == (not database.startswith("sqlite"))
    [table] = read(database, PLAIN)
    assert table.totals[0].sha256 == hashlib.sha256(b"A\t1\nB\t2\n").hexdigest()


def test_a_source_is_told_without_user_and_folders(filled: str, sqlite: str, duckdb: str, postgresql: Server) -> None:
    found = [read(url, PLAIN)[0].totals[0].file for url in (f"{filled}?sslmode=prefer", sqlite, duckdb)]
    server = f"postgresql://127.0.0.1:{postgresql.port}/small/t"
    assert found == [server, "sqlite:small.db/t", "duckdb:small.duckdb/t"]


def test_a_flaw_is_named_by_the_row_of_the_sorted_lines(database: str) -> None:
    narrow = replace(CASES.columns["office"], required=True)
    source = replace(CASES, columns={**CASES.columns, "office": narrow})
    text, code = refusal(database, source)
    assert code == ExitCode.DATA
    assert "cases, row 3, column office: blank where a value is required, in 1 row (3)." in text
    [table] = read(database, source, set_aside=True)
    assert str(table.totals[0]) == "3 rows in = 2 used + 1 set aside"
    assert table.aside["row"].to_list() == [3]


def test_a_query_gives_the_rows_of_a_table(database: str) -> None:
    query = "SELECT id, n + 1 AS n FROM t -- all of them\n;"
    assert rows(read(database, replace(PLAIN, query=query))[0]) == [("A", 2), ("B", 3)]
    for wrong in ("delete from t", "select 1; select 2", "select id from t) q; drop table t; --"):
        text, code = refusal(database, replace(PLAIN, query=wrong))
        assert code == ExitCode.USAGE
        assert text == "program.toml, tables.t: `query` is not one query. Give one SELECT, or the name of a table."
    assert "both `query` and `relation` are declared" in refusal(database, replace(PLAIN, query=query, relation="t"))[0]
    text, code = refusal(database, replace(PLAIN, query="select id, 'Jane Doe' || nowhere as n from t"))
    assert (code, "t: the query is refused. Correct the `query`." in text) == (ExitCode.UNREADABLE, True)
    assert "Jane" not in text


# Faults that are found before any row is read


def test_missing_tables_and_columns_are_named_together(database: str) -> None:
    lacking = replace(PLAIN, columns={"id": Column(), "opened_on": Column(), "m": Column(header="N")})
    text, code = refusal(database, lacking, replace(PLAIN, name="nowhere"), replace(CASES, key=()))
    place = text.splitlines()[0].partition("/t, column")[0]
    assert code == ExitCode.UNREADABLE
    assert (
        text.splitlines()
        == [
            f"{place}/t, column opened_on: declared, and missing from the table. "
            "Add it to the table, or take it out of `columns`.",
            f"{place}/t, column N: declared, and missing from the table. "
            'Declare `header = "n"` if that is how the table spells it, or take it out of `columns`.',
            f"{place}/nowhere: no such table, or none that this user may see. "
            "Correct `relation`, or ask for the right to read it.",
        ]
        or "column N" not in text
    )


def test_a_column_of_another_type_is_refused_before_it_is_read(filled: str) -> None:
    columns = {**CASES.columns, "amount": Column(type="integer"), "held": Column(type="date")}
    text, code = refusal(filled, replace(CASES, columns=columns))
    assert code == ExitCode.DATA
    assert [line.partition(", column ")[2] for line in text.splitlines()] == [
        "amount: holds Float64, where integer is declared. Declare the `type` that it holds.",
        "held: holds Boolean, where date is declared. Declare the `type` that it holds.",
    ]


def test_types_that_arrow_has_not_are_read_as_their_text(postgresql: Server, filled: str) -> None:
    postgresql.sql(
        "drop table if exists odd; drop type if exists mood; create type mood as enum ('good', 'bad');"
        "create table odd (id uuid, m mood, n numeric(9, 2), j jsonb, d date, t timestamp, z timestamptz, i interval);"
        "insert into odd values ('00000000-0000-0000-0000-00000000000a', 'bad', 12.50, '{}', '2011-03-04',"
        "  '2011-03-04 10:00', '2011-03-04 10:00+00', '1 day'),"
        "  ('00000000-0000-0000-0000-00000000000b', 'good', 'NaN', '{}', 'infinity', '-infinity', null, null),"
        "  ('00000000-0000-0000-0000-00000000000c', 'good', 1, '{}', '0044-03-15 BC', '294276-01-01', null, null)",
        database="small",
    )
    columns = {
        "id": Column(),
        "m": Column(values=("good", "bad")),
        "n": Column(type="number"),
        "j": Column(),
        "i": Column(),
        "d": Column(type="date"),
        "t": Column(type="datetime"),
    }
    odd = Source(name="odd", columns=columns, key=("id",))
    text, _ = refusal(filled, odd)
    assert [line.partition(", row ")[2] for line in text.splitlines()] == [
        "2, column d: not a date in the declared form, in 2 rows (2 and 3). "
        "Declare its form in `formats`, or leave the rows out with --set-aside; the form is now YYYY-MM-DD.",
        "2, column n: not a number, in 1 row (2). Declare the column as text, or leave the rows out with --set-aside: "
        "a number has digits, and no sign of currency or thousands.",
        "2, column t: not a date and time in the declared form, in 2 rows (2 and 3). "
        "Declare its form in `formats`, or leave the rows out with --set-aside; the form is now YYYY-MM-DD HH:MM:SS.",
    ]
    [table] = read(filled, odd, set_aside=True)
    identity = "00000000-0000-0000-0000-00000000000a"
    assert rows(table) == [(identity, "bad", 12.5, "{}", "1 day", date(2011, 3, 4), datetime(2011, 3, 4, 10))]
    zoned = replace(odd, columns={"id": Column(), "z": Column(type="datetime")})
    assert refusal(filled, zoned)[0].endswith(
        "column z: holds Datetime(time_unit='us', time_zone='UTC'), where datetime is declared. "
        "Give it as local time, without a time zone."
    )
    local = "select id, z at time zone 'America/New_York' as z from odd where z is not null"
    assert rows(read(filled, replace(zoned, query=local))[0]) == [(identity, datetime(2011, 3, 4, 5))]


def test_sqlite_may_hold_any_type_in_any_column(sqlite: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "small.db")) as connection:
        connection.execute("insert into t values ('C', 'many'), ('D', 1.5), ('E', null)")
        connection.commit()
    text, _ = refusal(sqlite, PLAIN)
    assert (
        text == "sqlite:small.db/t, row 3, column n: not a whole number, in 2 rows (3 and 4). Declare the column as "
        '`type = "number"` or as text, or leave the rows out with --set-aside.'
    )


def test_a_quoted_name_that_does_not_exist_is_no_text_to_sqlite(sqlite: str) -> None:
    source = replace(PLAIN, columns={**PLAIN.columns, "nope": Column()})
    assert "column nope: declared, and missing" in refusal(sqlite, source)[0]


def test_a_relation_is_named_with_its_schema(postgresql: Server, filled: str) -> None:
    postgresql.sql(
        'create schema if not exists icm; drop view if exists icm."Old.Cases"; '
        'create view icm."Old.Cases" as select id, n from t',
        database="small",
    )
    [table] = read(filled, replace(PLAIN, relation='icm."Old.Cases"'))
    assert rows(table) == [("A", 1), ("B", 2)]
    assert table.totals[0].file.endswith('/small/icm."Old.Cases"')


def test_an_empty_table_is_refused(database: str) -> None:
    empty = replace(PLAIN, query="select id, n from t where n > 9")
    text, code = refusal(database, empty)
    assert "t: has no row. See that it was filled, and is the table meant. If it can have no rows, declare" in text
    assert code == ExitCode.DATA
    [table] = read(database, replace(empty, may_be_empty=True))
    assert (rows(table), table.totals[0].rows_in) == ([], 0)
    assert table.rows.collect_schema() == read(database, PLAIN)[0].rows.collect_schema()


def test_a_column_that_begins_with_thousands_of_blanks_is_read(sqlite: str, tmp_path: Path) -> None:
    """SQLite's driver settles a column's type by its first cells."""
    with closing(sqlite3.connect(tmp_path / "small.db")) as connection:
        connection.execute("delete from t")
        connection.executemany("insert into t values (?, ?)", [(f"K{i:05}", None) for i in range(5000)])
        connection.execute("insert into t values ('Z', '9')")
        connection.commit()
    assert rows(read(sqlite, PLAIN)[0])[-1] == ("Z", 9)
    assert rows(read(sqlite, replace(PLAIN, columns={"id": Column(), "n": Column()}))[0])[-1] == ("Z", "9")


# Rights and secrets


@pytest.fixture
def limited(postgresql: Server, filled: str) -> Iterator[Callable[[str], None]]:
    """A user with the rights that a test grants."""
    drop = "drop owned by limited; drop role limited"
    postgresql.sql("create role limited login password 'hush-hush'", database="small")
    yield lambda text: postgresql.sql(text, database="small") and None
    postgresql.sql("alter table t disable row level security; drop policy if exists first on t", database="small")
    postgresql.sql(drop, database="small")


def test_rights_on_the_declared_columns_are_enough(
    postgresql: Server, filled: str, limited: Callable[[str], None]
) -> None:
    url = postgresql.url("small", user="limited")
    refused = "t: may not be read by this user, or only some of its rows. "
    mend = "Ask for the right to SELECT the declared columns of every row."
    text, code = refusal(url, PLAIN)
    assert (code, text.partition("/small/")[2]) == (ExitCode.UNREADABLE, refused + mend)
    limited("grant select (id, n) on t to limited")
    assert rows(read(url, PLAIN)[0]) == [("A", 1), ("B", 2)]


def test_rows_that_a_policy_hides_are_never_left_out_in_silence(
    postgresql: Server, filled: str, limited: Callable[[str], None]
) -> None:
    limited("grant select on t to limited; alter table t enable row level security")
    limited("create policy first on t using (id = 'A')")
    assert "or only some of its rows" in refusal(postgresql.url("small", user="limited"), PLAIN)[0]


def test_nothing_can_be_written(postgresql: Server, filled: str) -> None:
    postgresql.sql("create sequence if not exists counter", database="small")
    writing = replace(PLAIN, query="select nextval('counter')::text as id, 1 as n")
    assert refusal(filled, writing)[1] == ExitCode.UNREADABLE
    assert postgresql.sql("select is_called from counter", database="small").strip() == "f"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://auditor:hush-hush@127.0.0.1/small",
        "postgresql://127.0.0.1/small?user=auditor&password=hush-hush",
        "postgresql://127.0.0.1/small?sslpassword=hush-hush",
        "postgresql://127.0.0.1/small?pwd=hush-hush",
    ],
)
def test_a_password_in_the_url_is_refused_and_not_repeated(url: str) -> None:
    text, code = refusal(url, PLAIN)
    assert code == ExitCode.USAGE
    assert text.startswith("the URL holds a password, which would stand in the history of the shell")
    assert "hush" not in text


@pytest.fixture
def secured(
    postgresql: Server, filled: str, limited: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A table that may be read with the password alone."""
    limited("grant select on t to limited")
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.setenv("PGPASSFILE", "/nowhere")
    with postgresql.asking("limited"):
        yield postgresql.url("small", user="limited")


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses before a server is tried again."""
    pauses = list[float]()
    monkeypatch.setattr(database_drivers, "time", SimpleNamespace(sleep=pauses.append))
    return pauses


def service(url: str) -> str:
    """What the keyring calls a database."""
    return f"audit postgresql://{url.partition('@')[2]}"


def looked_for(url: str) -> str:
    """The end of a message, for whoever has no password or a wrong one."""
    return f'A password is looked for in PGPASSWORD, and in the keyring of the system under "{service(url)}".'


def test_the_password_comes_from_the_environment(
    secured: str, slept: list[float], kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.passwords[service(secured), "limited"] = "of another day"
    monkeypatch.setenv("PGPASSWORD", "hush-hush")
    assert rows(read(secured, PLAIN)[0]) == [("A", 1), ("B", 2)]
    monkeypatch.setenv("PGPASSWORD", "hush")
    text, code = refusal(secured, PLAIN)
    assert code == ExitCode.UNREADABLE
    assert "/small: cannot be reached: " in text
    assert "password authentication failed" in text
    assert text.endswith(looked_for(secured))
    assert "hush" not in text
    assert not slept  # a wrong password is not tried twice: accounts are locked by that
    assert not kept.asked


@pytest.mark.parametrize("password", ["hush-hush", " @:/?#[]&=%25+\\'\" ü"])
def test_or_from_a_keyring(
    secured: str, limited: Callable[[str], None], slept: list[float], kept: Kept, password: str
) -> None:
    limited(f"alter role limited password '{password.replace(chr(39), chr(39) * 2)}'")
    kept.passwords[service(secured), "limited"] = password
    before = dict(os.environ)
    for url in (secured, f"{secured}?connect_timeout=9"):
        assert rows(read(url, PLAIN)[0]) == [("A", 1), ("B", 2)]
    assert kept.asked == [(service(secured), "limited")] * 2
    assert os.environ == before
    kept.passwords[service(secured), "limited"] = "hush%20hush"
    text, code = refusal(secured, PLAIN)
    assert (code, "password authentication failed" in text) == (ExitCode.UNREADABLE, True)
    assert text.endswith(looked_for(secured))
    assert "hush" not in text
    assert not slept


LOCKED = [keyring.errors.NoKeyringError("none"), keyring.errors.KeyringLocked("locked"), ConnectionError("no bus")]


@pytest.mark.parametrize("fault", [*LOCKED, None], ids=lambda fault: type(fault).__name__)
def test_a_keyring_that_cannot_be_asked_is_none(
    secured: str, slept: list[float], monkeypatch: pytest.MonkeyPatch, fault: Exception | None, tmp_path: Path
) -> None:
    """The library looks in ~/.pgpass next, and where nothing is there either, the message is the server's own."""

    def refuses(*_: str) -> None:
        raise fault or AssertionError

    absent = fault is None
    monkeypatch.setitem(sys.modules, "keyring", None if absent else SimpleNamespace(get_password=refuses))
    text, code = refusal(secured, PLAIN)
    assert (code, "no password supplied. See that" in text) == (ExitCode.UNREADABLE, True)
    assert text.endswith(looked_for(secured))
    assert not slept
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "passwords"))
    (tmp_path / "passwords").write_text("*:*:*:limited:hush-hush", encoding="utf-8")
    (tmp_path / "passwords").chmod(0o600)
    assert rows(read(secured, PLAIN)[0]) == [("A", 1), ("B", 2)]


@pytest.mark.parametrize("password", ["", "hush\0hush"])
def test_what_is_no_password_is_not_handed_on(secured: str, kept: Kept, slept: list[float], password: str) -> None:
    kept.passwords[service(secured), "limited"] = password
    text, _ = refusal(secured, PLAIN)
    assert "no password supplied. See that" in text
    assert "hush" not in text


def test_a_url_that_the_driver_repeats_is_left_out(kept: Kept) -> None:
    """The driver's words for a URL that it cannot read are the URL, with the password that was put there."""
    kept.passwords["audit postgresql://::1/small", "limited"] = "hush hush"
    text, _ = refusal("postgresql://limited@[::1]x/small", PLAIN)
    assert text.startswith("postgresql://::1/small: cannot be reached: the driver cannot read the URL. See that")
    assert "hush" not in text
    assert kept.asked


@pytest.mark.parametrize(
    "option",
    ["host=127.0.0.2", "hostaddr=127.0.0.2", "%68ost=h", "port=1", "user=x", "dbname=x", "service=x", "passfile=/x"],
)
def test_a_password_is_for_the_server_and_user_that_its_name_says(
    postgresql: Server, kept: Kept, slept: list[float], option: str
) -> None:
    refusal(f"{postgresql.url('none', user='limited')}?{option}", PLAIN)
    assert not kept.asked
    refusal(postgresql.url("none", user="limited").replace("limited@", ""), PLAIN)
    assert not kept.asked
    refusal(postgresql.url("none", user="l%40w"), PLAIN)
    assert [user for _, user in kept.asked] == ["l@w"]


def test_a_file_has_no_password(sqlite: str, duckdb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "keyring")
    for url in (sqlite, duckdb):
        assert rows(read(url, PLAIN)[0]) == [("A", 1), ("B", 2)]
    refusal("sqlite://limited@127.0.0.1/none.db", PLAIN)
    assert "keyring" not in sys.modules


@pytest.mark.parametrize("url", ["postgresql://[::1/d", "postgresql:/auditor:hidden@h/d", "postgresql:h", "sqlite:x"])
def test_a_url_that_is_none_is_refused_and_not_repeated(url: str) -> None:
    assert databases.is_database_url(url)
    with pytest.raises(AuditError) as refused:
        list(databases.read_database_tables(url, []))
    assert str(refused.value) == (
        "the URL of the database cannot be read. Write it as postgresql://host:port/database."
    )


def test_a_url_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    assert refusal("postgresql://host:port/x", PLAIN)[0] == (
        "the URL of the database cannot be read. Write it as postgresql://host:port/database."
    )
    mend = "Write sqlite:///FILE, or sqlite:////FOLDER/FILE for a path from the root."
    assert refusal(f"sqlite:///{tmp_path}/none.db", PLAIN) == (f"none.db: no such file. {mend}", ExitCode.UNREADABLE)
    assert refusal("sqlite://none.db", PLAIN)[1] == ExitCode.UNREADABLE
    assert not (tmp_path / "none.db").exists()
    for url in ("postgresql://limited@127.0.0.1/d#?password=hush-hush", "sqlite:///small#1.db"):
        assert refusal(url, PLAIN) == ("the URL of the database holds a #. Write it as %23.", ExitCode.USAGE)
    (tmp_path / "text.db").write_text("not a database, but long enough to be told from one" * 99, encoding="utf-8")
    for kind in ("sqlite", "duckdb"):
        text, code = refusal(f"{kind}:///{tmp_path}/text.db", PLAIN)
        assert (code, str(tmp_path) in text and kind == "sqlite") == (ExitCode.UNREADABLE, False)
        assert "keyring" not in text


def test_drivers_that_are_not_installed_are_named(filled: str, sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_manager", None)
    for url in (filled, sqlite):
        assert refusal(url, PLAIN) == (
            "databases are read by drivers that are not installed. "
            'Install them with pip install "audit-toolkit[databases]".',
            ExitCode.USAGE,
        )


def test_a_view_of_another_file_is_not_followed(duckdb: str, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("id,n\nA,1\n", encoding="utf-8")
    with closing(importlib.import_module("duckdb").connect(str(tmp_path / "small.duckdb"))) as connection:
        connection.execute(f"create view other as select * from read_csv('{tmp_path}/other.csv')")
    assert refusal(duckdb, replace(PLAIN, relation="other"))[1] == ExitCode.UNREADABLE


# One moment of all tables, or nothing


def test_all_tables_are_as_at_one_moment(postgresql: Server, filled: str) -> None:
    kept = postgresql.fill(
        "moving", {"t": pl.DataFrame({"id": ["A"], "n": [1]}), "u": pl.DataFrame({"id": ["A"], "n": [1]})}
    )
    reading = tables.read_declared_tables([PLAIN, replace(PLAIN, name="u")], kept, offices=OFFICES, pseudonym_key=None)
    first = next(reading)
    postgresql.sql("insert into t values ('B', 2); insert into u values ('B', 2)", database="moving")
    for change in ("truncate u", "drop table u", "alter table u drop column n"):
        with pytest.raises(AssertionError, match="lock timeout"):
            postgresql.sql(f"set lock_timeout = '100ms'; {change}", database="moving")
    assert [rows(first), rows(next(reading))] == [[("A", 1)], [("A", 1)]]
    reading.close()
    assert rows(read(kept, replace(PLAIN, name="u"))[0]) == [("A", 1), ("B", 2)]


def test_all_tables_of_a_sqlite_file_are_as_at_one_moment(sqlite: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "small.db")) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table u as select * from t")
        connection.commit()
        reading = tables.read_declared_tables(
            [PLAIN, replace(PLAIN, name="u")], sqlite, offices=OFFICES, pseudonym_key=None
        )
        next(reading)
        connection.execute("insert into u values ('C', 3)")
        connection.commit()
        assert rows(next(reading)) == [("A", 1), ("B", 2)]
        reading.close()


def test_a_server_that_goes_while_it_is_read_gives_one_message() -> None:
    with started() as server:
        server.sql("create table t as select 'K' || i as id, i as n from generate_series(1, 300000) i")
        slow = "select id, case when n = 250000 then n + 0 * length(pg_sleep(600)::text) else n end as n from t"
        with server.killed_when_asleep():
            text, code = refusal(server.url("postgres"), replace(PLAIN, query=slow))
        assert code == ExitCode.UNREADABLE
        place, _, told = text.partition(": the reading ended after ")
        assert place == f"postgresql://127.0.0.1:{server.port}/postgres/t"
        read_before = int(told.split(" rows")[0].replace(",", ""))
        assert 0 <= read_before < 300_000
        assert told.endswith("Nothing was made from them. See that the server still runs, and run it again.")


def test_a_server_that_does_not_answer_is_tried_again_before_the_first_row(monkeypatch: pytest.MonkeyPatch) -> None:
    slept = list[float]()
    with started() as server:
        server.sql("create table t as select 'A' as id, 1 as n")
        server.run("stop", "-m", "fast")
        monkeypatch.setattr(database_drivers, "time", SimpleNamespace(sleep=slept.append))
        text, code = refusal(server.url("postgres"), PLAIN)
        assert code == ExitCode.UNREADABLE
        assert text.startswith(f"postgresql://127.0.0.1:{server.port}/postgres: cannot be reached: ")
        assert "Connection refused" in text
        assert slept == [1, 4]
        start = ("start", "-w", "-l", str(server.folder / "log"))
        monkeypatch.setattr(database_drivers, "time", SimpleNamespace(sleep=lambda _: server.run(*start)))
        assert rows(read(server.url("postgres"), PLAIN)[0]) == [("A", 1)]


def test_a_column_that_files_may_lack_is_blank_where_the_database_lacks_it(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        connection.execute("create table t (id text, n integer)")
        connection.execute("insert into t values ('a', 1)")
        connection.commit()
    later = Column(type="date", headers=(HeaderSpelling(header=""),))
    url, wanted = f"sqlite:///{tmp_path / 't.db'}", replace(PLAIN, columns={**PLAIN.columns, "d": later})
    [(_, opened)] = databases.read_database_tables(url, [wanted])
    assert opened.rows.select("id", "n", "d").collect().rows() == [("a", "1", None)]
    with pytest.raises(AuditError, match="column d: declared, and missing from the table"):
        [*databases.read_database_tables(url, [replace(PLAIN, columns={**PLAIN.columns, "d": Column()})])]
