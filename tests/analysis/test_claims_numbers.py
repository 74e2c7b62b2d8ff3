"""The numbers of a sentence: what is one, what it is worth, and what is none."""

from fractions import Fraction

import pytest

from audit.analysis.claims.numbers import find_quantities
from audit.analysis.claims.passages import Passage, TextLine, list_stems, split_paragraphs, split_sentences
from audit.analysis.claims.shares import find_shares


@pytest.mark.parametrize(
    ("text", "value", "step", "unit", "qualifier"),
    [
        ("Some 2.1 million people", 2_100_000, 100_000, "count", "about"),
        ("spent about $3.3 billion on it", 3_300_000_000, 100_000_000, "dollars", "about"),
        ("more than 692,000 criminal aliens", 692_000, 1_000, "count", "more"),
        ("$43,000 per day", 43_000, 1_000, "dollars", ""),
        ("a rate of 96.5%", Fraction("96.5"), Fraction("0.1"), "percent", ""),
        ("only 14 percent of jails", 14, 1, "percent", ""),
        ("six jurisdictions", 6, 1, "count", ""),
        ("Twenty-one conditions", 21, 1, "count", ""),
        ("as many as 16 databases", 16, 1, "count", "less"),
        ("up to 48 hours", 48, 1, "hours", "less"),
        ("which adds up to $3.1 million", 3_100_000, 100_000, "dollars", ""),
        ("most of the $750 million", 750_000_000, 1_000_000, "dollars", "part"),
        ("the number more than tripled", 3, Fraction(1, 10), "times", "more"),
        ("766 cases", 766, 1, "count", ""),
        ("2,027 jurisdictions", 2027, 1, "count", ""),
        ("fell by 0.7 points", Fraction("0.7"), Fraction("0.1"), "points", ""),
    ],
)
def test_a_number_has_a_value_and_the_unit_of_its_last_digit(
    text: str, value: Fraction | int, step: Fraction | int, unit: str, qualifier: str
) -> None:
    [quantity] = find_quantities(text)
    assert (quantity.value, quantity.step, quantity.unit, quantity.qualifier) == (value, step, unit, qualifier)


@pytest.mark.parametrize(
    "text",
    [
        "Public Law 107-296 and 8 U.S.C. 1101(a)(43)",
        "Figure 3, appendix 2 and Tables 4 and 5",
        "Priority 2 or 3, Level 1, FYs 2009 and 2011",
        "the 287(g) Program",
        "as of December 28, 2011, and on 30 September 2011; 2011-09-30",
        "In March 2010 and in 2012",
        "call (202)254-4100 or 1-800-323-8603, Washington, DC 20528",
        "case M11-004112 of the 3rd office",
        "a digest 284c53a738c5cde5cc0b84adc714bc4027dafe6d",
        "see tables/cases.csv, page 3 of 4",
        "15½ of them",
    ],
)
def test_labels_dates_codes_and_references_are_no_numbers(text: str) -> None:
    assert [one.text for one in find_quantities(text) if one.text != "15"] == []


def test_a_range_is_two_numbers() -> None:
    assert [one.value for one in find_quantities("300,000 to 450,000 criminal aliens")] == [300_000, 450_000]


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("In 371 of the 400 inspections (92.8%), the file was complete.", [(371, 400)]),
        ("In the remaining 25 (3%) of 723 cases, they did not.", [(25, 723)]),
        ("Of these 37 jurisdictions, 31 (84%) had no costs, and the remaining 6 (16%) few.", [(31, 37), (6, 37)]),
        ("The rate is 85.7% (48 of 56).", [(48, 56)]),
        ("In 2,027 jurisdictions in 44 States, or 64% of the Nation's 3,181 jurisdictions.", [(2027, 3181)]),
        ("They answered 6,986 requests in time, which is 75% of the 9,315 requests.", [(6986, 9315)]),
        ("29,865 of 32,632 matches. January: 90.7%.", []),
        ("A fee is 5% of the price of 300 cases.", []),
    ],
)
def test_a_share_is_known_with_its_part_and_its_whole(text: str, shares: list[tuple[int, int]]) -> None:
    [sentence, *_] = split_sentences([Passage((TextLine(1, text),))])
    quantities = find_quantities(sentence.text)
    stated = find_shares(sentence, quantities)
    assert [(quantities[one.part].value, quantities[one.whole].value) for one in stated] == shares


def test_sentences_know_their_lines() -> None:
    text = "It has 12 chap-\nters. The U.S. has 50 States.\n\n• One bullet of 7\n• Another of\n8 lines\n"
    sentences = list(split_sentences(split_paragraphs(text.split("\n"))))
    assert [one.text.strip() for one in sentences] == [
        "It has 12 chapters.",
        "The U.S. has 50 States.",
        "One bullet of 7",
        "Another of 8 lines",
    ]
    places = [one.text.find(part) for one, part in zip(sentences, ["12", "50", "7", "8"], strict=True)]
    assert [one.find_line(place) for one, place in zip(sentences, places, strict=True)] == [1, 2, 4, 6]


def test_a_row_of_a_plain_table_stands_alone() -> None:
    text = "Office        Cases     Rate\nNewark          327    82.0%\nMiami         1,875    88.3%"
    assert len(list(split_paragraphs(text.split("\n")))) == 3


def test_words_are_compared_without_case_plural_and_possessive() -> None:
    assert list_stems("The Nation's Jurisdictions and agencies") == ("nation", "jurisdiction", "agency")
