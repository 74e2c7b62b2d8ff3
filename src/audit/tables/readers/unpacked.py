"""The bytes of a file, unpacked if it is packed, never more of them than its limits allow."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audit.tables.limits import ALWAYS_UNPACKED, ReadLimits, make_limit_error
from audit.tables.readers.delimited import ByteStream


class UnpackedStream:
    """A stream that counts what it unpacks. AuditError (UNREADABLE) where that is more than its limit."""

    def __init__(self, stream: ByteStream, *, most: int, limit: str, file: str) -> None:
        self._stream, self._most, self._limit, self._file, self._count = stream, most, limit, file, 0

    def read(self, size: int) -> bytes:
        """So many bytes, or what is left."""
        data = self._stream.read(min(size, self._most - self._count + 1))
        self._count += len(data)
        if self._count > self._most:
            what = f"a packed file that holds more than {self._most:,} bytes"
            raise make_limit_error(what, self._limit, file=self._file)
        return data


@contextmanager
def open_unpacked(path: Path, limits: ReadLimits, *, file: str) -> Iterator[ByteStream]:
    """The bytes of a file; those of a gzip file unpacked."""
    if path.suffix.lower() != ".gz":
        with path.open("rb") as stream:
            yield stream
        return
    by_size = max(ALWAYS_UNPACKED, limits.times * path.stat().st_size)
    most, limit = min((by_size, "times"), (limits.unpacked_bytes, "unpacked_bytes"))
    with gzip.open(path) as packed:
        yield UnpackedStream(packed, most=most, limit=limit, file=file)
