"""Which days of a table count, and the months by which its rows are compared."""

from audit import programs
from audit.compliance.late_changes import TableDates, find_table_dates
from audit.storage.declarations import read_program


def test_the_first_declaration_of_a_table_s_days_holds() -> None:
    """By hand, from program.toml: a link says when its records are entered, a table by which day it is dated."""
    program = read_program(programs.find_program_folder("secure_communities"))
    dates = find_table_dates(program)
    assert [*dates] == [*program.tables]
    census = program.census
    assert dates[census.table] == TableDates(entered=dates[census.table].entered, happened=census.date)
    for table in {link.table for link in census.links}:
        first = next(link for link in census.links if link.table == table and link.entered)
        assert dates[table].entered == first.entered
