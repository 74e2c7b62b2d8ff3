"""The ledger on disk: words for people, and the same items when it is read back."""

from pathlib import Path

import polars as pl
import pytest

from audit.compliance.ledger import LEDGER_SCHEMA
from audit.compliance.ledger_transitions import (
    ENTRY_BACK_DATED,
    EVENT_BACK_DATED,
    NO_LONGER_DOCUMENTED,
    UNITS_GONE,
)
from audit.storage.ledgers import encode_ledger_items, read_ledger_items


@pytest.mark.parametrize(
    ("remark", "words"),
    [
        (NO_LONGER_DOCUMENTED, "documented in an earlier ledger and not now"),
        (UNITS_GONE, "no longer in the tables"),
        (EVENT_BACK_DATED, "entered after the listing, of an event before it"),
        (ENTRY_BACK_DATED, "entered, by its own date, before the listing that did not find it"),
        (None, None),
    ],
)
def test_a_remark_is_written_in_words_and_read_back(remark: str | None, words: str | None, tmp_path: Path) -> None:
    key = {"office": "BUF", "month": "2011-08", "person": "P1", "measure": "documentation", "state": "open"}
    items = pl.DataFrame([{**key, "remark": remark}], schema=LEDGER_SCHEMA)
    path = tmp_path / "ledger.csv"
    path.write_bytes(encode_ledger_items(items))
    assert pl.read_csv(path)["remark"].to_list() == [words]
    assert read_ledger_items(path).equals(items)
