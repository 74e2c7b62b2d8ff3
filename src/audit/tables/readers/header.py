"""The header of a table file: where it stands, and how it differs from what is declared."""

from collections import Counter
from collections.abc import Collection, Sequence
from difflib import get_close_matches

from audit.errors import Problem
from audit.formatting import listed, plural
from audit.tables.schema import Source

WITHIN = 50  # rows from the top among which the header is looked for


def find(rows: Sequence[Sequence[str | None]], source: Source) -> int | None:
    """The first of the rows that holds every declared header, or else the most of them.

    Nothing where no row holds half of them: what such a row holds could be anything, a person's record among others.
    """
    declared = set(source.headers().values())
    held = [len(declared.intersection(named(row))) for row in rows]
    best = max(held, default=0)
    return held.index(best) if best and 2 * best >= len(declared) else None


def named(row: Sequence[str | None]) -> list[str]:
    """A row of cells as header names, without the spaces around them."""
    return [(cell or "").strip() for cell in row]


def absent(source: Source, *, file: str, sheet: str | None = None) -> Problem:
    """That no row can be the header."""
    declared = list(source.headers().values())
    return Problem(
        what=f"no header: none of the first {WITHIN} rows holds the declared {listed(declared, most=6)}",
        mend="Add the header to the file, or declare how it spells its columns in `header`.",
        file=file,
        sheet=sheet,
    )


def differences(
    names: Sequence[str],
    source: Source,
    *,
    file: str,
    sheet: str | None = None,
    row: int | None = None,
    kind: str = "file",
    given: Collection[str] = (),
) -> list[Problem]:
    """Every declared column that is missing and not `given` elsewhere, every undeclared one, every name that stands
    twice."""
    declared, ignored = list(source.headers().values()), set(source.unread)
    undeclared = [name for name in dict.fromkeys(names) if name not in declared and name not in ignored]
    missing = [name for name in declared if name not in names and name not in given]
    found = []
    for name in missing:
        near = _near(name, undeclared)
        mend = f'Declare `header = "{near}"` if that is how the {kind} spells it' if near else f"Add it to the {kind}"
        found.append((name, f"declared, and missing from the {kind}", f"{mend}, or take it out of `columns`."))
    for name in undeclared:
        near = _near(name, declared)
        mend = "Declare it in `columns`, or list it in `unread`." if name else 'Name it, or list "" in `unread`.'
        hint = f' The nearest declared name is "{near}".' if near else ""
        found.append((name or "without a name", "not declared", mend + hint))
    for name, count in Counter(names).items():
        if count > 1 and name and name not in ignored:
            mend = "Rename all but one, or list the name in `unread`."
            found.append((name, f"{plural(count, 'column')} of this name", mend))
    return [Problem(what=what, mend=mend, file=file, sheet=sheet, row=row, column=name) for name, what, mend in found]


def _near(name: str, names: Sequence[str]) -> str | None:
    """The name among `names` that is most alike, whatever its case and its spaces or underscores."""
    plain = {other.lower().replace("_", " "): other for other in names if other}
    found = get_close_matches(name.lower().replace("_", " "), plain, n=1)
    return plain[found[0]] if found else None
