"""The stranger's verifier and the package agree on every method, over made-up frames, seeds and sizes."""

from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.sampling.redraw import find_redraw_differences
from tests.drawn import DESIGNS, DOCS, drawn, frame, verified

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
    assert find_redraw_differences(scoped, record) == []
    assert verified(scoped, record) == (0, "the same\n")


@pytest.mark.parametrize("method", ["random", "random, with spares", "certain strata"])
@pytest.mark.parametrize("stratum", [False, True])
@UNHURRIED
@given(amounts=AMOUNTS, seed=SEEDS, data=st.data())
def test_the_short_one_proves_random_samples_and_finds_what_is_not_as_drawn(
    method: str, stratum: bool, amounts: list[int], seed: str, data: st.DataObject
) -> None:
    scoped = frame(amounts, stratum=stratum)
    record = drawn(scoped, DESIGNS[method](scoped, data.draw(st.integers(2, len(amounts) - 4))), seed)
    assert verified(scoped, record, "verify.py") == (0, "the same\n")
    place = data.draw(st.integers(0, len(record["cases"]) - 1))
    record["cases"][place]["key"] = "M999"
    code, said = verified(scoped, record, "verify.py")
    assert code == 1
    assert f"place {place + 1}: M999 is listed, " in said
    record["seed"]["value"] += "x"
    assert verified(scoped, record, "verify.py")[0] == 1
    record["frame"]["digest"] = "0" * 64
    assert "the frame is the one that was fixed" in verified(scoped, record, "verify.py")[1]


def test_the_short_one_is_short_and_says_what_it_does_not_know() -> None:
    text = (DOCS / "verify.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    scoped = frame([3, 4, 5, 6, 7, 8, 9, 10, 11])
    record = drawn(scoped, DESIGNS["systematic"](scoped, 3), "seed")
    assert verified(scoped, record, "verify.py") == (1, "this sample was drawn in another way: use verify_any.py")
