"""Text made plain is what the rule says, whichever way it is worked out."""

import unicodedata

from hypothesis import given
from hypothesis.strategies import text

from audit.formatting import make_plain_text


@given(text())
def test_plain_text_has_no_control_no_turning_mark_and_single_spaces(given_text: str) -> None:
    shown = (" " if unicodedata.category(c) in ("Cc", "Cf", "Cs") or c in "\ufffe\uffff" else c for c in given_text)
    assert make_plain_text(given_text) == " ".join("".join(shown).split())
