"""The items that a returned row may name: those of the last ledger, or of the list of a whole table."""

import polars as pl

from audit.compliance.item_outcomes import ITEM_KEY, UNIT_SEPARATOR
from audit.compliance.returned_rows import KnownItem
from audit.compliance.returns import summarize_return_status
from audit.compliance.worklist import KEY_SEPARATOR, code_item
from audit.errors import make_usage_error
from audit.formatting import make_plain_text
from audit.storage.ledgers import read_ledger_items
from audit.storage.report_versions import LEDGER_FILE, ReportVersions
from audit.storage.returns import read_return_events
from audit.storage.worklists import WORKLIST_FILE, read_worklist


def read_known_items(reports: ReportVersions) -> dict[str, KnownItem]:
    """Every item that a row may name, by its code: those of the last ledger, or of the list of a whole table.

    AuditError (USAGE) where there is no report with items.
    """
    status = summarize_return_status(read_return_events(reports.folder), as_of=None).select(*ITEM_KEY, "referred_to")
    items = _read_items(reports).join(status, on=ITEM_KEY, how="left")
    known = {}
    for row in items.iter_rows(named=True):
        key = {name: row[name] for name in ITEM_KEY}
        known[code_item(**key)] = KnownItem(
            **key,
            keys=frozenset(map(make_plain_text, row["units"].split(UNIT_SEPARATOR))),
            first=row["first"],
            is_open=row["state"] == "open",
            list_office=row["referred_to"] or row["office"],
        )
    return known


def _read_items(reports: ReportVersions) -> pl.DataFrame:
    names = ("units", "first", "state")
    months = reports.list_months()
    last = reports.find_last(months[-1]) if months else reports.find_last("all")
    if last and months:
        return read_ledger_items(last.folder / LEDGER_FILE).select(*ITEM_KEY, *names)
    if last and WORKLIST_FILE in last.outputs:
        units = pl.col("keys").str.replace_all(KEY_SEPARATOR, UNIT_SEPARATOR, literal=True)
        listed = read_worklist(last.folder).drop("office").rename({"owner": "office"})
        return listed.with_columns(units=units, state=pl.lit("open")).select(*ITEM_KEY, *names)
    raise make_usage_error("there is no report with a list yet", "Make it first: audit run PROGRAM --packets.")
