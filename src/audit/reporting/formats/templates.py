"""What every page shares: text that is safe to show, the style with its fonts, and leave to load nothing else."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from operator import attrgetter
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from audit import formatting
from audit.reporting.attribute_text import name_outcome
from audit.reporting.coverage_text import assess_coverage_claim, describe_growth, describe_published
from audit.reporting.fieldwork_text import (
    describe_corroboration,
    describe_documents,
    describe_visited_offices,
    describe_visits,
)
from audit.reporting.figures import PAGE_COLORS
from audit.reporting.full_report import FilledParagraph
from audit.reporting.query_text import (
    describe_agreement,
    describe_repetition,
    describe_second_look,
    describe_systems,
    list_repetition_condition,
)
from audit.reporting.review_text import describe_first_errors, describe_outstanding, describe_readiness
from audit.reporting.sample_report_text import answer_objective, describe_facts_on_record
from audit.reporting.sample_text import (
    describe_cell,
    describe_conclusion,
    describe_documentation,
    describe_office_comparison,
    describe_precision,
    describe_sample,
)
from audit.reporting.stage_text import describe_order_errors, describe_stage_cases, describe_stage_end
from audit.reporting.survey_text import describe_answer, describe_response, describe_selection, describe_statement
from audit.reporting.tracing_text import describe_traced_sample, describe_untested
from audit.reporting.unit_cost_text import describe_refusal, format_amount, format_days, format_unit_count

_HERE = Path(__file__).parent
_FONTS = _HERE.parent / "fonts"

_ANALYSIS_FILTERS: Mapping[str, Callable[..., Any]] = {
    "answer_words": describe_answer,
    "condition": list_repetition_condition,
    "corroboration": describe_corroboration,
    "documents": describe_documents,
    "coverage_claim": assess_coverage_claim,
    "decimal": formatting.format_decimal,
    "growth": describe_growth,
    "look_agreement": describe_agreement,
    "order_errors": describe_order_errors,
    "published": describe_published,
    "repetition": describe_repetition,
    "response": describe_response,
    "second_look": describe_second_look,
    "selection": describe_selection,
    "stage_cases": describe_stage_cases,
    "stage_end": describe_stage_end,
    "amount": format_amount,
    "period_days": format_days,
    "refusal": describe_refusal,
    "statement_words": describe_statement,
    "systems_words": describe_systems,
    "traced": describe_traced_sample,
    "unit_count": format_unit_count,
    "untested": describe_untested,
    "visited_offices": describe_visited_offices,
    "visits": describe_visits,
}


@cache
def make_environment() -> Environment:
    """The templates beside this module: every text escaped and plain, every name defined, worded by `audit.formatting`.

    They are compiled once, however many pages they fill.
    """
    templates = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_clean_value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        **_ANALYSIS_FILTERS,
        "answered": answer_objective,
        "between": formatting.format_range,
        "cell_words": describe_cell,
        "compared": describe_office_comparison,
        "conclusion": describe_conclusion,
        "count": formatting.format_count,
        "day": formatting.format_day,
        "on_record": describe_facts_on_record,
        "documentation": describe_documentation,
        "hundredths": formatting.format_hundredths,
        "linked": _link_numbers,
        "listed": formatting.format_list,
        "method": attrgetter("method_words"),
        "month": formatting.format_month,
        "percent": formatting.format_percent,
        "many": formatting.make_plural,
        "plural": formatting.format_plural,
        "precision": describe_precision,
        "first_errors": describe_first_errors,
        "outcome": name_outcome,
        "outstanding": describe_outstanding,
        "reviewed": describe_readiness,
        "sample": describe_sample,
        "sentence": formatting.capitalize,
        "spelled": formatting.spell_count,
        "words": _format_name,
    }
    return templates


def render_page(template: str, *, style: str = "", scripted: bool = True, **content: Any) -> bytes:
    """A page in UTF-8 that needs nothing else: the same bytes for the same content.

    Its style, with what is added to it, its fonts and its script are inside it, and it may load nothing.
    """
    templates = make_environment()
    css = build_style(templates) + Markup(style)
    script = Markup((_HERE / "page.js").read_text(encoding="utf-8")) if scripted else Markup()
    policy = build_security_policy(style=css, **({"script": script} if scripted else {}))
    return templates.get_template(template).render(**content, style=css, script=script, policy=policy).encode()


@cache
def build_style(templates: Environment) -> Markup:
    """The style of every page, its fonts inside it."""
    fonts = {weight.lower(): _encode_font(weight) for weight in ("Regular", "Bold")}
    light, dark = ({name: pair[mode].lower() for name, pair in PAGE_COLORS.items()} for mode in (0, 1))
    return Markup(templates.get_template("page.css").render(fonts, light=light, dark=dark))


def build_security_policy(**parts: str) -> str:
    """A content security policy under which the page can reach no network, and run and wear only what it came with."""
    allowed = {kind: b64encode(sha256(text.encode()).digest()).decode() for kind, text in parts.items()}
    sources = "; ".join(f"{kind}-src 'sha256-{digest}'" for kind, digest in allowed.items())
    return f"default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; font-src data:; {sources}"


def _encode_font(weight: str) -> str:
    return "data:font/woff2;base64," + b64encode((_FONTS / f"PublicSans-{weight}.woff2").read_bytes()).decode()


def _clean_value(value: Any) -> Any:
    return formatting.make_plain_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _link_numbers(paragraph: FilledParagraph) -> Markup:
    """A paragraph whose numbers lead to the rows that say how each was computed."""
    link = Markup('<a class="origin" href="#origin-{}">{}</a>')
    return Markup("").join(
        link.format(part.origin, part.text) if part.origin else part.text for part in paragraph.parts
    )


def _format_name(name: str) -> str:
    """A name of the data as words: 'convictions.removable_lpr' → 'convictions: removable lpr'."""
    return name.replace(".", ": ").replace("_", " ")
