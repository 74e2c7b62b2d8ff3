"""Whether every table of a report's page adds up to its heading; a table that is not named here is refused."""

import re

from audit.reporting.formats.html_tree import Element, parse_page

# Tables that list things, or count one thing in several ways: nothing in them is a part of a whole.
NO_SUMS = (
    *("Checks that did not pass", "Elements of finding", "Every check", "History of recommendation"),
    *("How far the reviewers concur", "Milestones of recommendation", "Month by month", "Not as earlier reports"),
    *("Tables that were read", "The same duty, counted", "To complete", "What changed, figure by figure"),
    *("Every month", "Largest ", "Populations", "Control totals", "How the rate moves", "Earlier months"),
    *("Checks that came near",),
    *("What was recorded after", "What would decide the", "Each ", "How long they have been open"),
    *("How far ", "From each stage to the next", "Calendar days to the next stage", "Events out of order"),
    *("The two researchers", "Other windows", "Coverage and ", "The change taken apart", "Interviews and visits"),
    *(
        "Statements on which",
        "Counties that are known",
        "Documents that were reviewed",
        "Amounts and counts",
        "Numbers in the order",
    ),
    *("What stands out", "Readings of the policy", "Other windows", "Data reliability", "Evidence", "Documents cited"),
)
# Tables whose columns add up to their foot.
SUMS = (
    *("Every ", "How well", "Rules that decided", "Open items by", "Records to complete", "What became of every"),
    *("By ", "The rows of the log", "Queries by system", "Conclusions of both", "Answers", "Traced from"),
)
Row = list[tuple[str, int | None]]  # the cells of a row, each with the whole number that it is


def read_number(text: str) -> int | None:
    return int(text.replace(",", "")) if re.fullmatch(r"[\d,]+", text) else None


def read_rows(part: Element) -> list[Row]:
    return [
        [(cell.get_text(), read_number(cell.get_text())) for cell in row.find_elements("th", "td")]
        for row in part.find_elements("tr")
    ]


def check_tables(page: str) -> list[str]:
    """Check every table of a page, and return their names."""
    names = []
    for table in parse_page(page).find_elements("table"):
        [caption] = table.find_elements("caption")
        name = caption.find_elements("strong")[0].get_text()
        names.append(name)
        if "not conform" in name or "not decided" in name:  # a list of cases
            rows = [row for row in table.find_elements("tr") if row.find_elements("td")]
            assert len(rows) == read_number(name.split()[0]), name
            continue
        body = [read_rows(part) for part in table.find_elements("tbody")]
        foot = [row for part in table.find_elements("tfoot") for row in read_rows(part)]
        if name.startswith(NO_SUMS):
            continue
        if name.startswith("Sampled cases by"):
            for row in (row for part in body for row in part):
                assert row[1][1] == (row[2][1] or 0) + (row[3][1] or 0), (name, row)
        elif name == "What the cases showed":
            check_results(name, body)
        elif name.startswith("Every attribute"):
            sums = {sum(cell[1] or 0 for cell in row[1:6]) for row in body[0]}
            assert len(sums) == 1, (name, sums)
        elif name == "From all cases to the sample" or name.endswith(" counted") or " counted: " in name:
            check_reconciliation(name, table)
        else:
            assert name.startswith(SUMS), name
            check_columns(name, body[0], foot[0])
    return names


def check_results(name: str, body: list[list[Row]]) -> None:
    """Every row is what conforms and what does not; the last part adds up to the cases drawn."""
    for row in (row for part in body for row in part if row[2][0]):
        assert row[1][1] == (row[2][1] or 0) + (row[3][1] or 0), (name, row)
    *parts, drawn = [row[1][1] or 0 for row in body[-1]]
    assert sum(parts) == drawn, (name, parts, drawn)


def check_columns(name: str, body: list[Row], foot: Row) -> None:
    """Each column of whole numbers adds up to its foot; none of a column in which one is withheld."""
    for place in range(1, len(foot)):  # the first cell of the foot may span several columns
        column = [row[place - len(foot)][1] for row in body]
        total = foot[place][1]
        if total is not None and None not in column:
            assert sum(filter(None, column)) == total, (name, place, column, total)


def check_reconciliation(name: str, table: Element) -> None:
    """Each sum is the one before less what stands between; what follows the last makes it up, what is set in not."""
    rows = [(row.classes, *(cell for cell in row.find_elements("th", "td"))) for row in table.find_elements("tr")]
    standing, parts, withheld = None, 0, False
    for classes, label, cell in rows[1:]:
        value = read_number(cell.get_text())
        if "sum" in classes:
            assert standing is None or withheld or value is None or standing - parts == value, (name, label)
            standing, parts, withheld = value, 0, False
        elif "inner" not in label.classes:
            withheld |= value is None
            parts += value or 0
    if name != "From all cases to the sample":
        assert withheld or standing is None or parts == standing, name
