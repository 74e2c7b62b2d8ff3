"""Buckets judged on a cluster: each by one task, through the very functions that judge a whole population here."""

from pathlib import Path
from typing import TYPE_CHECKING

from audit.assessment.population import PopulationAssessment, assess_whole_population, merge_assessments
from audit.policy.rules import Policy
from audit.programs.declaration import Program
from audit.spark.partitions import PartitionedTables
from audit.spark.session import run_tasks

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def assess_buckets(
    session: "SparkSession", laid: PartitionedTables, program: Program, policy: Policy, *, into: Path
) -> PopulationAssessment:
    """Assess every case with its explanations, into a Parquet file a bucket."""

    def assess(bucket: int) -> PopulationAssessment:
        return assess_whole_population(
            program, laid.read_bucket(bucket), policy, path=into / f"determinations-{bucket:05}.parquet"
        )

    return merge_assessments(run_tasks(session, range(laid.buckets), assess))
