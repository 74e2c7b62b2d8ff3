"""Buckets judged on a cluster: each by one task, through the very functions that judge a whole population here."""

from pathlib import Path
from typing import TYPE_CHECKING

from audit.assessment.population import Assessed, recorded, together
from audit.policy.rules import Policy
from audit.programs.declaration import Program
from audit.spark.partitions import Laid
from audit.spark.session import each

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def assessed(session: "SparkSession", laid: Laid, program: Program, policy: Policy, *, into: Path) -> Assessed:
    """Assess every case with its explanations, into a Parquet file a bucket."""

    def assess(bucket: int) -> Assessed:
        return recorded(program, laid.opened(bucket), policy, path=into / f"determinations-{bucket:05}.parquet")

    return together(each(session, range(laid.buckets), assess))
