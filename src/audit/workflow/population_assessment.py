"""The assessment of every case that could be drawn, published as a folder of Parquet files."""

import shutil
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from audit.assessment.population import PopulationAssessment
from audit.errors import AuditError, ExitCode, Problem
from audit.files import encode_json, hash_file
from audit.programs.declaration import Program
from audit.storage.output_folder import MANIFEST_FILE, prepare_staging_folder, replace_folder
from audit.workflow.engine import Engine

COUNTS_FILE, POPULATION_FOLDER = "counts.json", "population"


def publish_population(engine: Engine, reports: Path) -> tuple[Path, PopulationAssessment]:
    """Assess every case of the sample's period that is not excluded; write the determinations as a folder of Parquet.

    The folder `population` among the program's `reports` is written whole or not at all. The digest is the same on
    every engine.
    """
    program = engine.audit.program
    with engine.lock_reports(reports / program.name):
        folder = locate_population_folder(program, reports)
        new = prepare_staging_folder(folder)
        try:
            assessment = engine.assess_population(new.resolve())
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        counts = {"digest": assessment.digest, "outcomes": assessment.counts.to_dicts()}
        (new / COUNTS_FILE).write_bytes(encode_json(counts))
        inputs = {
            "software": f"audit {version('audit-toolkit')}",
            "program": f"{program.name} {program.sha256}",
            "files": [asdict(total) for total in engine.audit.totals],
        }
        outputs = {**assessment.files, COUNTS_FILE: hash_file(new / COUNTS_FILE) or ""}
        replace_folder(folder, inputs=inputs, outputs=outputs)
    return folder, assessment


def locate_population_folder(program: Program, reports: Path) -> Path:
    """The folder to write; AuditError (CONFLICT) where one is there that this program did not write."""
    folder = reports / program.name / POPULATION_FOLDER
    if folder.exists() and not (folder / MANIFEST_FILE).exists():
        what, mend = "is there already, and this program did not write it", "Move it elsewhere."
        raise AuditError(Problem(what=what, mend=mend, file=str(folder)), code=ExitCode.CONFLICT)
    return folder
