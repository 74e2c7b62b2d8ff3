"""Tables in an object store: fetched into a folder of their own, since every byte is digested, and read from there."""

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from audit.errors import AuditError, ExitCode, Problem
from audit.files import make_temporary_folder
from audit.tables.readers.database_drivers import parse_url
from audit.tables.schema import Source

STORE_SCHEMES = ("s3", "gs", "abfss", "file")  # those of pyarrow.fs.FileSystem.from_uri


def is_object_store_url(data: Path | str) -> bool:
    """Whether the place of the tables is the URL of an object store."""
    return isinstance(data, str) and "://" in data and data.partition(":")[0].lower() in STORE_SCHEMES


@contextmanager
def fetch_store_files(url: str, sources: Sequence[Source]) -> Iterator[Path]:
    """A folder with the files of these tables, as they are below the URL; it is removed at the end.

    Who may read is settled by the environment, as the store's own tools have it.

    AuditError: code USAGE for a URL that holds a secret, UNREADABLE where the store cannot be read.
    """
    parse_url(url)
    # `endpoint_override` and the like may stand in the URL's query, as pyarrow has them.
    store, arrow = importlib.import_module("pyarrow.fs"), importlib.import_module("pyarrow")
    with make_temporary_folder() as temporary:
        folder = Path(temporary) / (PurePosixPath(urlsplit(url).path).name or "tables")
        folder.mkdir()
        try:
            where, root = store.FileSystem.from_uri(url.rstrip("/"))
            for place in sorted({_find_fixed_part(source.file) for source in sources}):
                info = where.get_file_info(f"{root}/{place}".rstrip("/"))
                to = folder / place
                if info.type == store.FileType.File:
                    to.parent.mkdir(parents=True, exist_ok=True)
                if info.type != store.FileType.NotFound:
                    store.copy_files(info.path, str(to), source_filesystem=where)
        except (arrow.ArrowException, OSError) as error:
            what = f"cannot be read ({type(error).__name__})"
            mend = "See that the address is right, and that the environment gives the right to list and read it."
            raise AuditError(
                Problem(what=what, mend=mend, file=url.partition("?")[0]), code=ExitCode.UNREADABLE
            ) from None
        yield folder


def _find_fixed_part(file: str) -> str:
    """The part of a file's pattern before its first wildcard: a file, or the folder to fetch."""
    fixed = []
    for piece in PurePosixPath(file).parts:
        if set(piece) & set("*?[{"):
            break
        fixed.append(piece)
    return "/".join(fixed)
