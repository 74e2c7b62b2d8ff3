"""The files of the same cases in several states, put to the rules as one: that takes about as long as one of them."""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from audit.assessment.case_file import CaseFiles

_MARK = "|"  # between a label and a key


def stack_case_files(files_by_label: Mapping[str, CaseFiles]) -> CaseFiles:
    """All these files as one: a label is put before every key, so that no case has a row of another's.

    They are of one program, and of one state of the tables but for what tells them apart.
    """
    first, *_ = files_by_label.values()
    joins = {first.key, *(child.on for child in first.vocabulary.children.values())}

    def label_keys(label: str, table: pl.LazyFrame) -> pl.LazyFrame:
        keys = sorted(joins & {*table.collect_schema()})
        return table.with_columns(pl.concat_str(pl.lit(f"{label}{_MARK}"), key).alias(key) for key in keys)

    children = {
        child: pl.concat(label_keys(label, files.children[child]) for label, files in files_by_label.items())
        for child in first.children
    }
    cases = pl.concat(label_keys(label, files.cases) for label, files in files_by_label.items())
    twins = [label_keys(label, files.twins) for label, files in files_by_label.items() if files.twins is not None]
    return replace(first, cases=cases, children=children, twins=pl.concat(twins) if twins else None)


def split_by_label(outcomes: pl.DataFrame, key: str) -> dict[str, pl.DataFrame]:
    """What was determined of stacked files, label by label, under the keys that the cases have."""
    parts = pl.col(key).str.splitn(_MARK, 2).struct
    labelled = outcomes.with_columns(parts.field("field_0").alias("label"), parts.field("field_1").alias(key))
    return {str(label): rows.drop("label") for (label,), rows in labelled.group_by("label", maintain_order=True)}
