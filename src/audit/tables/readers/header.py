"""The header of a table file: where it stands, and how it differs from what is declared."""

from collections import Counter
from collections.abc import Collection, Sequence
from difflib import get_close_matches

from audit.errors import Problem
from audit.formatting import format_list, format_plural
from audit.tables.schema import Source

MOST_NAMED = 20  # undeclared columns up to which each has a message of its own
HEADER_SEARCH_ROWS = 50  # rows from the top among which the header is looked for


def find_header_row(rows: Sequence[Sequence[str | None]], source: Source) -> int | None:
    """The first of the rows that holds every declared header, or else the most of them.

    Nothing where no row holds half of them: what such a row holds could be anything, a person's record among others.
    """
    declared = set(source.list_headers().values())
    counts = [len(declared.intersection(clean_header_names(row))) for row in rows]
    best = max(counts, default=0)
    return counts.index(best) if best and 2 * best >= len(declared) else None


def clean_header_names(row: Sequence[str | None]) -> list[str]:
    """A row of cells as header names, without the spaces around them."""
    return [(cell or "").strip() for cell in row]


def make_missing_header_problem(source: Source, *, file: str, sheet: str | None = None) -> Problem:
    """That no row can be the header."""
    declared = list(source.list_headers().values())
    return Problem(
        what=f"no header: none of the first {HEADER_SEARCH_ROWS} rows holds the declared "
        f"{format_list(declared, most=6)}",
        mend="Add the header to the file, or declare how it spells its columns in `header`.",
        file=file,
        sheet=sheet,
    )


def find_header_differences(
    names: Sequence[str],
    source: Source,
    *,
    file: str,
    sheet: str | None = None,
    row: int | None = None,
    kind: str = "file",
    path_columns: Collection[str] = (),
) -> list[Problem]:
    """Every declared column that is missing and not `path_columns` elsewhere, every undeclared one, every name that
    stands twice."""
    declared, ignored = list(source.list_headers().values()), set(source.unread)
    undeclared = [name for name in dict.fromkeys(names) if name not in declared and name not in ignored]
    missing = [name for name in declared if name not in names and name not in path_columns]
    entries = list[tuple[str | None, str, str]]()
    for name in missing:
        near = _find_similar_name(name, undeclared)
        mend = f'Declare `header = "{near}"` if that is how the {kind} spells it' if near else f"Add it to the {kind}"
        entries.append((name, f"declared, and missing from the {kind}", f"{mend}, or take it out of `columns`."))
    if len(undeclared) > MOST_NAMED:
        listed = format_list([name or "one without a name" for name in undeclared], most=6)
        what = f"{format_plural(len(undeclared), 'column')} not declared: {listed}"
        entries.append((None, what, "See that it is the file meant."))
    for name in undeclared if len(undeclared) <= MOST_NAMED else ():
        near = _find_similar_name(name, declared)
        mend = "Declare it in `columns`, or list it in `unread`." if name else 'Name it, or list "" in `unread`.'
        hint = f' The nearest declared name is "{near}".' if near else ""
        entries.append((name or "without a name", "not declared", mend + hint))
    mend = "Rename all but one, or list the name in `unread`."
    repeated = {name: n for name, n in Counter(names).items() if n > 1 and name and name not in ignored}
    if len(repeated) > MOST_NAMED:
        what = f"{format_plural(len(repeated), 'name')} of several columns each: {format_list([*repeated], most=6)}"
        entries.append((None, what, mend))
    for name, count in repeated.items() if len(repeated) <= MOST_NAMED else ():
        entries.append((name, f"{format_plural(count, 'column')} of this name", mend))
    return [Problem(what=what, mend=mend, file=file, sheet=sheet, row=row, column=name) for name, what, mend in entries]


def _find_similar_name(name: str, names: Sequence[str]) -> str | None:
    """The name among `names` that is most alike, whatever its case and its spaces or underscores."""
    plain = {other.lower().replace("_", " "): other for other in names if other}
    matches = get_close_matches(name.lower().replace("_", " "), plain, n=1)
    return plain[matches[0]] if matches else None
