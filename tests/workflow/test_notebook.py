"""What a cell shows: escaped HTML, and text for everything else."""

import polars as pl

from audit.estimation.rates import estimate_rate
from audit.workflow.notebook import show_result


def test_a_table_is_escaped_and_captioned() -> None:
    shown = show_result(pl.DataFrame({"name": ["<b>"], "cases": [1200]}), title="Cases & names")
    number = "text-align:right;font-variant-numeric:tabular-nums"
    assert shown._repr_html_() == (
        '<table><caption style="text-align:left;font-weight:600">Cases &amp; names</caption><thead><tr>'
        f'<th scope="col" style="text-align:left">name</th><th scope="col" style="{number}">cases</th></tr></thead>'
        f'<tbody><tr><td style="text-align:left">&lt;b&gt;</td><td style="{number}">1,200</td></tr></tbody></table>'
    )
    assert repr(shown) == "Cases & names\nname  cases\n<b>   1,200"


def test_estimates_explain_themselves() -> None:
    found = estimate_rate(conforming=698, deviating=25, undeterminable=43, population=348_958, label="All cases")
    assert repr(show_result([found, found])).count("94.9% to 97.7%") == 2
    assert repr(show_result(found)).splitlines()[0] == "All cases"


def test_a_picture_carries_its_words() -> None:
    assert 'alt="a &lt;rate&gt;"' in show_result(b"<svg/>", title="a <rate>").html
