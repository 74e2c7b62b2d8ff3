"""How tests are shared out among workers: by file, the longest first, files that share a server to the same worker."""

from collections.abc import Sequence
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

# Files that run one after the other in the same worker, by what they share.
SHARED = {
    "tests/tables/test_databases.py": "tests/acceptance/test_databases.py",  # a PostgreSQL server
}

# Files that would keep one worker busy at the end, longest first.
LONGEST = (
    "tests/acceptance/test_spark.py",
    "tests/acceptance/test_secure_communities.py",
    "tests/notebooks/test_notebooks.py",
    "tests/acceptance/test_databases.py",
    "tests/tables/test_databases.py",
    "tests/browser/test_desk.py",
    "tests/browser/test_pages.py",
    "tests/acceptance/test_review.py",
    "tests/property/test_assessment.py",
    "tests/acceptance/test_months.py",
)


class FileScheduling(LoadFileScheduling):
    """A file goes to the next free worker; files that share a server go to the same one."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return SHARED.get(file, file)


def sort_longest_first(items: list[pytest.Item]) -> None:
    """Put the files that last longest before the others; within a file, and among the others, the order stays."""
    rank = {file: number for number, file in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.nodeid.partition("::")[0], len(rank)))


def sum_by_folder(reports: Sequence[Any]) -> dict[str, tuple[int, float]]:
    """How many tests ran in each folder of `tests`, and for how many seconds of all workers."""
    sums = dict[str, tuple[int, float]]()
    for report in reports:
        folder = "/".join(report.nodeid.split("/")[:2])
        tests, seconds = sums.get(folder, (0, 0.0))
        sums[folder] = (tests + (report.when == "call"), seconds + report.duration)
    return sums
