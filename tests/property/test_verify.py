"""The stranger's verifier and the package agree on every method, over made-up frames, seeds and sizes."""

from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.proof import redraw
from tests.drawn import DESIGNS, drawn, frame, verified

UNHURRIED = settings(deadline=None, max_examples=15)  # a busy machine is no failure
AMOUNTS = st.lists(st.integers(1, 50) | st.integers(1, 10**12), min_size=9, max_size=60)
SEEDS = st.text(st.characters(codec="utf-8", categories=("L", "N")), max_size=12).map(
    lambda text: normalize("NFC", f"seed|{text}")
)


@pytest.mark.parametrize("method", DESIGNS)
@pytest.mark.parametrize("stratum", [False, True])
@UNHURRIED
@given(amounts=AMOUNTS, seed=SEEDS, data=st.data())
def test_both_prove_what_was_drawn(
    method: str, stratum: bool, amounts: list[int], seed: str, data: st.DataObject
) -> None:
    scoped = frame(amounts, stratum=stratum)
    size = data.draw(st.integers(2, len(amounts)))
    record = drawn(scoped, DESIGNS[method](scoped, size), seed)
    assert redraw(scoped, record) == []
    assert verified(scoped, record) == (0, "the same\n")
