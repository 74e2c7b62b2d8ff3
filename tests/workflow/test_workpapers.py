"""The facts of the working papers: whatever order the engine gives the rows in, the files are the same."""

import polars as pl

from audit.assessment.case_file import CaseFiles
from audit.policy.vocabulary import ChildSchema, Vocabulary
from audit.workflow import workpapers


def test_the_facts_have_an_order_of_their_own() -> None:
    cases = pl.DataFrame({"case": ["b", "c", "a"], "person": ["q", "p", "p"]})
    notes = pl.DataFrame({"person": ["q", "p", "p", "r"], "text": ["1", "3", None, "4"]})
    encoded = []
    for number in (0, 1, 2):
        files = CaseFiles(
            cases=pl.concat([cases[number:], cases[:number]]).lazy(),
            children={"notes": pl.concat([notes[number:], notes[:number]]).lazy()},
            vocabulary=Vocabulary(columns={}, children={"notes": ChildSchema(on="person", columns={"text": "text"})}),
            key="case",
            dated_by="",
        )
        encoded.append(dict(workpapers._encode_facts(files)))
    assert encoded[0] == encoded[1] == encoded[2]
    assert pl.read_parquet(encoded[0]["cases"])["case"].to_list() == ["a", "b", "c"]
    assert pl.read_parquet(encoded[0]["notes"]).rows() == [("p", None), ("p", "3"), ("q", "1")]
