"""What every page shares: text that is safe to show, the style with its fonts, and leave to load nothing else."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from audit import formatting
from audit.review.readiness import in_words

_HERE = Path(__file__).parent
_FONTS = _HERE.parent / "fonts"


@cache
def environment() -> Environment:
    """The templates beside this module: every text escaped and plain, every name defined, worded by `audit.formatting`.

    They are compiled once, however many pages they fill.
    """
    made = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    worded = ("count", "percent", "plural", "listed", "day", "month", "between")
    made.filters |= {name: getattr(formatting, name) for name in worded} | {"sentence": sentence, "words": _words}
    made.filters |= {"reviewed": in_words, "hundredths": formatting.hundredths}
    return made


@cache
def style(templates: Environment) -> Markup:
    """The style of every page, its fonts inside it."""
    fonts = {weight.lower(): _font(weight) for weight in ("Regular", "Bold")}
    return Markup(templates.get_template("page.css").render(fonts))


def security(**parts: str) -> str:
    """A content security policy under which the page can reach no network, and run and wear only what it came with."""
    allowed = {kind: b64encode(sha256(text.encode()).digest()).decode() for kind, text in parts.items()}
    sources = "; ".join(f"{kind}-src 'sha256-{digest}'" for kind, digest in allowed.items())
    return f"default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; font-src data:; {sources}"


def sentence(text: str) -> str:
    """The text as the start of a sentence."""
    return text[:1].upper() + text[1:]


def _font(weight: str) -> str:
    return "data:font/woff2;base64," + b64encode((_FONTS / f"PublicSans-{weight}.woff2").read_bytes()).decode()


def _finalize(value: Any) -> Any:
    return formatting.plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _words(name: str) -> str:
    """A name of the data as words: 'convictions.removable_lpr' → 'convictions: removable lpr'."""
    return name.replace(".", ": ").replace("_", " ")
