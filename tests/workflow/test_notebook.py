"""What a cell shows: escaped HTML, and text for everything else."""

import re

import polars as pl

from audit.estimation.rates import estimate_rate
from audit.workflow.notebook import show_result


def test_a_table_is_escaped_and_captioned() -> None:
    shown = show_result(pl.DataFrame({"name": ["<b>"], "cases": [1200]}), title="Cases & names")
    html = shown._repr_html_()
    assert '<caption style="text-align:left;font-weight:600;padding:6px 0 2px">Cases &amp; names</caption>' in html
    assert re.search(
        r'<td style="text-align:left;[^"]*">&lt;b&gt;</td><td style="text-align:right;[^"]*">1,200</td>', html
    )
    assert repr(shown) == "Cases & names\nname  cases\n<b>   1,200"


def test_estimates_explain_themselves() -> None:
    found = estimate_rate(conforming=698, deviating=25, undeterminable=43, population=348_958, label="All cases")
    assert repr(show_result([found, found])).count("94.9% to 97.7%") == 2
    assert repr(show_result(found)).splitlines()[0] == "All cases"


def test_a_picture_carries_its_words() -> None:
    assert 'alt="a &lt;rate&gt;"' in show_result(b"<svg/>", title="a <rate>").html
