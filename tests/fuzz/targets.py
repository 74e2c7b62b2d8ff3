"""What damaged files are put to: each reader in turn, held to a count of the rows that is made apart from it."""

import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import polars as pl
import xlsxwriter
from pyarrow import parquet

from audit.errors import AuditError, ExitCode
from audit.programs import find_program_folder
from audit.programs.declaration import build_vocabulary
from audit.reporting.formats.review_workbook import build_review_workbook
from audit.review.worksheet import Worksheet, build_worksheet, parse_worksheet
from audit.storage.declarations import read_offices, read_policy, read_program, read_suite
from audit.storage.returned_workbook import read_workbook
from audit.tables.checks.suites import compile_suites, run_compiled_suites
from audit.tables.readers.read import read_declared_table
from audit.tables.schema import POLARS_TYPES, Column, Source
from tests import made_up_program
from tests.fuzz.mutations import TOKENS, mutate_binary, mutate_text, mutate_words, mutate_workbook

SEEDS = Path(__file__).parent / "seeds"
COLUMNS = {
    "id": Column(required=True),
    "day": Column(type="date"),
    "at": Column(type="datetime"),
    "count": Column(type="integer"),
    "share": Column(type="number"),
    "done": Column(type="yes_no"),
    "kind": Column(values=("request", "test")),
    "note": Column(),
}
RULES = find_program_folder("records_requests")


class LostRowsError(AssertionError):
    """A reader gave fewer or more rows than there are."""


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of file: its seeds, how they are damaged, and what reads them."""

    seeds: Callable[[], list[bytes]]
    mutate: Callable[[bytes, Random], bytes]
    read: Callable[[bytes, Path], None]  # the bytes, and an empty folder; AuditError is an answer


def make_input(kind: str, number: int) -> bytes:
    """The damaged file of this number; the first ones are the seeds themselves."""
    seeds = list_seeds(kind)
    if number < len(seeds):
        return seeds[number]
    random = Random(f"{kind} {number}")
    return TARGETS[kind].mutate(random.choice(seeds), random)


@cache
def list_seeds(kind: str) -> list[bytes]:
    """The files that are damaged: those made here, and those kept because a reader once failed on them."""
    return [*TARGETS[kind].seeds(), *(path.read_bytes() for path in sorted(SEEDS.glob(f"{kind}-*")))]


def _read_table(data: bytes, folder: Path, name: str, count_rows: Callable[[bytes], int | None]) -> None:
    """Read a table with its flawed rows set aside, and hold its control totals to a count of their own."""
    (folder / name).write_bytes(data)
    source = Source(name="t", file=name, columns=COLUMNS, key=("id",))
    table = read_declared_table(source, folder, offices=None, pseudonym_key=None, set_aside=True)
    used, aside = table.rows.collect().height, table.aside.height
    expected = count_rows(data)
    if expected is not None and used + aside != expected:
        raise LostRowsError(f"{used} used and {aside} set aside of {expected}")


def _rows() -> list[tuple[str, str, str, str, str, str, str, str]]:
    return [
        (f"R{n}", f"2020-11-{n % 28 + 1:02}", f"2020-11-{n % 28 + 1:02} 10:{n % 60:02}:00", str(n), f"{n}.5",
         ("Yes", "No", "")[n % 3], ("request", "test")[n % 2], ("plain", 'say "no"', "a, b", "two\nlines", "")[n % 5])
        for n in range(40)
    ]  # fmt: skip


def _csv_seeds() -> list[bytes]:
    texts = []
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
        out = io.StringIO()
        csv.writer(out, lineterminator="\n", quoting=quoting).writerows([tuple(COLUMNS), *_rows()])
        texts.append(out.getvalue().encode())
    inches = texts[0].replace(b"plain", b'5" pipe').replace(b"R7,", b"\nR7,")
    return [*texts, inches, texts[1].replace(b"\n", b"\r\n")]


def _count_csv_rows(data: bytes) -> int | None:
    """The records below the header, as Python's strict reader tells them apart; None where it does not."""
    try:
        text = data.decode("utf-8-sig")
        if "\n" not in text:
            text = text.replace("\r", "\n")
        records = list(csv.reader(io.StringIO(text, newline="\n"), strict=True))
    except UnicodeDecodeError as error:
        raise LostRowsError("text that is not UTF-8 was read") from error
    except csv.Error as error:
        raise LostRowsError("rows that cannot be told apart were read") from error
    headers = [n for n, record in enumerate(records) if set(COLUMNS) <= {field.strip() for field in record}]
    return len(records) - headers[0] - 1 if headers else None


def _workbook_seeds() -> list[bytes]:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet, padded = book.add_worksheet(), book.add_format({"num_format": "00000"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, COLUMNS)
        for n, row in enumerate(_rows()[:12], start=1):
            sheet.write_row(n, 0, row)
            sheet.write_datetime(n, 1, date(2020, 11, n), day)
            sheet.write_number(n, 3, n)
            sheet.write_number(n, 7, n, padded)
        sheet.write_formula(3, 4, "=NA()", None, "#N/A")
    return [out.getvalue()]


def _count_sheet_rows(data: bytes) -> int | None:
    """The rows below the header up to the last one with a value, by another XML reader."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            [path] = [name for name in book.namelist() if "worksheets/sheet" in name.lower()]
            root = ElementTree.fromstring(book.read(path))
    except (zipfile.BadZipFile, ElementTree.ParseError, ValueError):
        return None
    last, header = 0, None
    for row in (one for one in root.iter() if one.tag.endswith("}row")):
        for cell in (one for one in row if one.tag.endswith("}c")):
            number = int("".join(mark for mark in cell.get("r", "0") if mark.isdigit()))
            if any(part.text or len(part) for part in cell if part.tag.rpartition("}")[2] in ("v", "is", "f")):
                last, header = max(last, number), header or number
    return None if header is None else last - header


def _parquet_seeds() -> list[bytes]:
    rows = pl.DataFrame(_rows(), schema=list(COLUMNS), orient="row")
    times = pl.col("day").str.to_date(), pl.col("at").str.to_datetime()
    typed = rows.with_columns(*times, pl.col("count").cast(pl.UInt64), pl.col("share").cast(float))
    contents = []
    for frame, compression in ((rows, "uncompressed"), (typed, "zstd")):
        out = io.BytesIO()
        frame.with_columns(done=pl.col("done") == "Yes").write_parquet(out, compression=compression)
        contents.append(out.getvalue())
    return contents


def _count_parquet_rows(data: bytes) -> int | None:
    with parquet.ParquetFile(io.BytesIO(data)) as stored:
        return int(stored.metadata.num_rows)


def _read_program(data: bytes, folder: Path) -> None:
    (folder / "program.toml").write_bytes(data)
    build_vocabulary(read_program(folder))


@cache
def _make_suite_tables() -> dict[str, pl.LazyFrame]:
    program = read_program(RULES)
    return {
        name: pl.LazyFrame(schema={one: POLARS_TYPES[column.type] for one, column in source.columns.items()})
        for name, source in program.tables.items()
    }


def _read_suite(data: bytes, folder: Path) -> None:
    (folder / "requests.yaml").write_bytes(data)
    suite, tables = read_suite(folder / "requests.yaml"), _make_suite_tables()
    keys = {name: source.key for name, source in read_program(RULES).tables.items()}
    run_compiled_suites(
        compile_suites(tables, {"requests": suite}, keys=keys, parameters={"requests": {"rows_used": 9}}), keys
    )


def _read_policy(data: bytes, folder: Path) -> None:
    for path in (RULES / "policy").glob("*.yaml"):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / ("terms.yaml" if data.lstrip().startswith(b"-") else "twenty-days.yaml")).write_bytes(data)
    read_policy(folder, build_vocabulary(read_program(RULES)))


def _read_offices(data: bytes, folder: Path) -> None:
    (folder / "offices.csv").write_bytes(data)
    read_offices(folder / "offices.csv")


@cache
def _make_worksheet() -> Worksheet:
    cases = ["M1", "M2", "M3"]
    outcome = {
        "attribute": "timeliness",
        "outcome": "timely",
        "class": "c",
        "rule": "r",
        "version": "v",
        "section": "1",
    }
    more = {"severity": "ordinary", "sure": "true", "needed": "", "evidence": "e", "later": None, "office": "A"}
    found = pl.DataFrame([{"match": case, **outcome, **more} for case in cases])
    seen = pl.DataFrame({"match": cases, "dated": ["2011-03-04"] * 3, "facts": ["a = 1"] * 3})
    return build_worksheet(found, seen, key="match", order=cases, phase="first", sample="f" * 64)


def _review_seeds() -> list[bytes]:
    return [build_review_workbook(_make_worksheet(), title="An audit", by="A", day=date(2012, 1, 1))]


def _read_review(data: bytes, folder: Path) -> None:
    came = read_workbook(data, file="w.xlsx")
    parse_worksheet(_make_worksheet(), came.rows, came.about, file="w.xlsx", accepted=("not-answered",))


def _mutate(kind: str) -> Callable[[bytes, Random], bytes]:
    def mutate(data: bytes, random: Random) -> bytes:
        as_words = random.random() < (0.2 if kind == "csv" else 0.6)
        return mutate_words(data, random) if as_words else mutate_text(data, random, tokens=TOKENS[kind])

    return mutate


def _read_files(*paths: Path) -> Callable[[], list[bytes]]:
    return lambda: [path.read_bytes() for path in paths]


PROJECT = Path(__file__).parents[2]
TARGETS = {
    "csv": Target(_csv_seeds, _mutate("csv"), lambda data, at: _read_table(data, at, "t.csv", _count_csv_rows)),
    "xlsx": Target(
        _workbook_seeds, mutate_workbook, lambda data, at: _read_table(data, at, "t.xlsx", _count_sheet_rows)
    ),
    "parquet": Target(
        _parquet_seeds, mutate_binary, lambda data, at: _read_table(data, at, "t.parquet", _count_parquet_rows)
    ),
    "program": Target(
        lambda: [made_up_program.PROGRAM.encode(), (RULES / "program.toml").read_bytes()],
        _mutate("toml"),
        _read_program,
    ),
    "suite": Target(
        _read_files(PROJECT / "expectations" / "records_requests" / "requests.yaml"), _mutate("yaml"), _read_suite
    ),
    "policy": Target(
        _read_files(RULES / "policy" / "twenty-days.yaml", RULES / "policy" / "terms.yaml"),
        _mutate("yaml"),
        _read_policy,
    ),
    "offices": Target(
        lambda: [b"code,name,alias,since,until\nA,Alpha,A,,2020-12-31\nB,Beta,B,2020-01-01,\n"],
        _mutate("csv"),
        _read_offices,
    ),
    "review": Target(_review_seeds, mutate_workbook, _read_review),
}


def put_to_reader(kind: str, number: int, folder: Path) -> ExitCode:
    """Read the damaged file of this number in a folder; how the command would end. Crashes go through."""
    for path in folder.iterdir():
        path.unlink()
    try:
        TARGETS[kind].read(make_input(kind, number), folder)
    except AuditError as error:
        if error.code == ExitCode.CRASH:
            raise
        return error.code
    return ExitCode.OK
