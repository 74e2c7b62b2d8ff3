"""What a cell shows: escaped HTML, and text for everything else."""

import polars as pl

from audit.estimation.rates import estimate_rate
from audit.workflow.notebook import show_result


def test_a_table_is_escaped_and_captioned() -> None:
    shown = show_result(pl.DataFrame({"name": ["<b>"], "cases": [1200]}), title="Cases & names")
    assert shown._repr_html_() == (
        '<table><caption>Cases &amp; names</caption><thead><tr><th scope="col">name</th><th scope="col">cases</th></tr>'
        "</thead><tbody><tr><td>&lt;b&gt;</td><td>1,200</td></tr></tbody></table>"
    )
    assert repr(shown) == "Cases & names\n<b>  1,200"


def test_estimates_explain_themselves() -> None:
    found = estimate_rate(conforming=698, deviating=25, undeterminable=43, population=348_958, label="All cases")
    assert "96.5%" in repr(show_result([found, found]))
    assert show_result(found).html.startswith("<p>All cases")


def test_a_picture_carries_its_words() -> None:
    assert 'alt="a &lt;rate&gt;"' in show_result(b"<svg/>", title="a <rate>").html
