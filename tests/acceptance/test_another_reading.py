"""The census of the reference program, read and linked a second time by DuckDB from the files: the same counts."""

from pathlib import Path
from typing import Any

import pytest

from audit import programs
from tests.conftest import PROJECT, run

OFFICES = programs.find_program_folder("secure_communities") / "offices.csv"
AS_OF = "date '2011-10-31'"
COUNTED = ("received", "excluded", "compliant", "late", "missing", "redacted", "pending")
#: The rules of program.toml in SQL, written from its words and not by its code: of the encounters from a day before the
#: match to 60 days after it the nearest, a later one before an earlier; of that encounter's dispositions the one that
#: says most, then the one entered first. A match of a citizen is in no rate; one of an unknown person is.
COUNTS = """
with known as (
    select * from read_parquet('{year}/encounters.parquet') where encounter_date <= {as_of} and entered_date <= {as_of}
), met as (
    select match_id, encounter_id, known.entered_date as entered
    from read_parquet('{year}/matches.parquet') join known using (person_id)
    where datediff('day', match_time::date, encounter_date) between -1 and 60
    qualify row_number() over (
        partition by match_id
        order by abs(datediff('day', match_time::date, encounter_date)), encounter_date < match_time::date, encounter_id
    ) = 1
), decided as (
    select encounter_id, entered_date as entered,
        disposition_code is null as blank, disposition_code = '(b)(3)' as withheld
    from read_parquet('{year}/dispositions.parquet') where entered_date <= {as_of}
    qualify row_number() over (
        partition by encounter_id
        order by case when blank then 3 when withheld then 2 when disposition_code = 'OTHER' then 1 else 0 end,
            entered_date, disposition_id
    ) = 1
), judged as (
    select code, match_kind != 'identity' or coalesce(status = 'usc', false) as excluded,
        match_time::date + {grace} as due,
        met.encounter_id is null or coalesce(blank, true) as lacks, coalesce(withheld, false) as withheld,
        greatest(met.entered, decided.entered) as entered
    from read_parquet('{year}/matches.parquet') as matches
    left join met using (match_id) left join decided using (encounter_id)
    left join read_parquet('{year}/persons.parquet') as persons on persons.person_id = matches.person_id
    join read_csv('{offices}') on alias = matches.office
    where strftime(match_time, '%Y-%m') = '2011-09'
)
select code, count(*), count_if(excluded),
    count_if(not excluded and not lacks and not withheld and entered <= due),
    count_if(not excluded and not lacks and not withheld and entered > due),
    count_if(not excluded and lacks and due <= {as_of}),
    count_if(not excluded and not lacks and withheld),
    count_if(not excluded and lacks and due > {as_of})
from judged group by code
"""


@pytest.fixture(scope="module")
def measures(year: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    words = ("compliance", "secure_communities", "--month", "2011-09", "--data", year, "--json")
    place = tmp_path_factory.mktemp("compliance")
    (place / "expectations").symlink_to(PROJECT / "expectations")
    return run(place, *words).json["measures"]


@pytest.mark.parametrize("grace", [0, 30])
def test_duckdb_counts_the_same_in_every_office(measures: Any, year: Path, grace: int) -> None:
    import duckdb

    [found] = [one for one in measures if one["counted"] == "unit" and one["grace_days"] == grace]
    ours = {office["office"]: tuple(office[name] for name in COUNTED) for office in found["offices"]}
    rows = duckdb.sql(COUNTS.format(year=year, offices=OFFICES, as_of=AS_OF, grace=grace)).fetchall()
    assert {office: tuple(counts) for office, *counts in rows} == ours
    assert sum(one[0] for one in ours.values()) > 20_000
