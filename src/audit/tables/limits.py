"""How much one file of a table may hold and take, so that no file fills the memory, the disk or the day."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from audit.errors import AuditError, ExitCode, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLimits:
    """What one file of a table may have at most. Each limit is checked before more than that is read."""

    bytes: int = 500_000_000_000  # bytes of the file as it lies on the disk
    unpacked_bytes: int = 1_000_000_000_000  # bytes of text that a gzip file may hold
    workbook_bytes: int = 1_500_000_000  # bytes that a workbook may hold unpacked
    times: int = 100  # times more than its own bytes that a file may hold: gzip beyond 1 GB, a workbook beyond 100 MB
    cells: int = 50_000_000  # cells of a sheet up to its last row and column
    columns: int = 16_384  # names in a header
    footer_bytes: int = 64_000_000  # bytes of the footer of a Parquet file
    seconds: int = 21_600  # seconds that reading one file may take


DEFAULT_READ_LIMITS = ReadLimits()
ALWAYS_UNPACKED = 1_000_000_000  # bytes of text that a gzip file may hold whatever its own size is


def refuse_excess(found: int, limits: ReadLimits, name: str, what: str, *, file: str) -> None:
    """Refuse a file that has more of something than its limit allows: AuditError (UNREADABLE)."""
    most = getattr(limits, name)
    if found > most:
        raise make_limit_error(f"{what.format(f'{found:,}')}, and {most:,} are allowed", name, file=file)


def make_limit_error(what: str, name: str, *, file: str) -> AuditError:
    """That a file is beyond a limit, and which key of its table raises that (UNREADABLE)."""
    mend = f"See that it is the file meant. If it is, raise `limits.{name}` of its table in program.toml."
    return AuditError(Problem(what=what, mend=mend, file=file), code=ExitCode.UNREADABLE)


def start_clock(limits: ReadLimits, *, file: str) -> Callable[[], None]:
    """What is called from time to time while a file is read, and refuses it once that takes too long."""
    began = monotonic()

    def refuse_overtime() -> None:
        if monotonic() - began > limits.seconds:
            what = f"reading it takes more than {limits.seconds:,} seconds"
            raise make_limit_error(what, "seconds", file=file)

    return refuse_overtime
