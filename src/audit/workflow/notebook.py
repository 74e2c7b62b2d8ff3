"""How the results of any step are shown in a notebook."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any

import polars as pl

from audit.assessment.explain import Explanation
from audit.assessment.explanation_text import describe_explanation, tabulate_explanation
from audit.display import NotebookDisplay, show_table
from audit.estimation.rates import Estimate
from audit.reporting.plan_text import list_design_facts
from audit.reporting.sample_text import describe_estimate
from audit.sampling.design import Design


def show_result(result: Any, *, title: str = "") -> NotebookDisplay:
    """Show a result of any step: a record as its facts, estimates as sentences, a table as rows, SVG as a picture."""
    if isinstance(result, bytes):
        image = b64encode(result).decode()
        html = f'<img alt="{escape(title)}" src="data:image/svg+xml;base64,{image}" style="max-width:100%">'
        return NotebookDisplay(html=html, text=title)
    if isinstance(result, Estimate):
        return show_result([result], title=title)
    if isinstance(result, list | tuple) and all(isinstance(one, Estimate) for one in result):
        sentences = [describe_estimate(one) for one in result]
        return NotebookDisplay(html="".join(f"<p>{escape(one)}</p>" for one in sentences), text="\n".join(sentences))
    if isinstance(result, Explanation):
        parts, words = (
            [show_table(name, header, rows) for name, header, rows in tabulate_explanation(result)],
            describe_explanation(result),
        )
        html = f"<p>{escape(words)}</p>" + "".join(part.html for part in parts)
        return NotebookDisplay(html=html, text="\n\n".join([words, *(part.text for part in parts)]))
    if isinstance(result, pl.DataFrame | pl.LazyFrame):
        rows = result.lazy().collect()
        return show_table(title, rows.columns, rows.iter_rows())
    if isinstance(result, Design):
        return show_result(list_design_facts(result), title=title)
    if isinstance(result, Mapping):
        return show_table(title, ("", ""), result.items())
    if is_dataclass(result):
        facts = ((field.name.replace("_", " "), getattr(result, field.name)) for field in fields(result))
        return show_table(
            title, ("", ""), (fact for fact in facts if not isinstance(fact[1], pl.LazyFrame | pl.DataFrame))
        )
    return show_table(title, (), (one if isinstance(one, list | tuple) else [one] for one in result))
