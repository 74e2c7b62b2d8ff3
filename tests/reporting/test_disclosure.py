"""The row of the public edition that stands for several offices: what it is called."""

from dataclasses import replace

from audit.reporting.disclosure import name_combined_row
from tests import made_up


def test_cases_without_an_office_are_no_office_among_those_told_together() -> None:
    one, other, nowhere = made_up.report(offices=3).measures[0].offices
    assert name_combined_row([one, other], "field office") == "2 field offices together"
    nowhere = replace(nowhere, office="", name="office not recorded")
    assert name_combined_row([one, nowhere], "field office") == "1 field office and office not recorded together"
