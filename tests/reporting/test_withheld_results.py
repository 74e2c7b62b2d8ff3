"""What the public may see of the results beside the rates: verdicts on offices that stand alone, and no difference."""

from dataclasses import replace
from datetime import date

from audit.compliance.delays import DelayTable
from audit.compliance.duty_periods import MeasureDuties
from audit.compliance.office_changes import OfficeChange
from audit.compliance.office_rates import rate_offices
from audit.compliance.period_results import PeriodResults
from audit.compliance.populations import PopulationResult
from audit.compliance.targets import OfficeTarget, TargetResult
from audit.programs.measures import Duty
from audit.reporting.month_disclosure import withhold_results
from tests.made_up_census import CENSUS, OFFICES, match, states

TARGET = TargetResult(
    measure="documentation",
    target=0.95,
    source="made up",
    offices=(
        OfficeTarget(office="A", name="Alpha", standing="short", gap=5),
        OfficeTarget(office="B", name="Beta", standing="meets", gap=0),
    ),
    meets=1,
    short=1,
    close=0,
    too_few=0,
    gap=5,
)
DUTIES = MeasureDuties(measure="documentation", duties=(Duty(words="w", since=date(2011, 7, 1)),), period="under")


def test_the_public_is_told_no_gap_no_population_and_no_office_that_does_not_stand_alone() -> None:
    everything = PeriodResults(
        duties=(DUTIES,),
        targets=(TARGET,),
        populations=(PopulationResult(measure="documentation", title="t", due=3, compliant=2, late=1),),
        delays=(DelayTable(measure="documentation", of="unit", days=(0, 1), compliant=(1, 2), due=3),),
        changes=(OfficeChange(measure="documentation", office="A", last_month=0.1, twelve_months=0.5, twelve_due=20),),
        persons_once=3,
        persons_in_two_offices=1,
    )
    [result, *_] = rate_offices(states([match("M1")]), CENSUS, period="2011-09", offices=OFFICES)
    [row] = [row for row in result.offices if row.office == "A"]
    row = replace(row, due=300, compliant=200, timely=2 / 3)
    joined = replace(row, office="", name="2 offices together", timely=None, flag="together")
    found = withhold_results(everything, [replace(result, offices=(row, joined))])
    assert found.duties == (DUTIES,)
    [target] = found.targets
    assert (target.meets, target.short, target.gap) == (0, 1, None), "of those that stand alone, and of no other"
    assert target.offices == (OfficeTarget(office="A", name="Alpha", standing="short", gap=None),)
    assert (found.populations, found.delays, found.changes) == ((), (), ())
    assert (found.persons_once, found.persons_in_two_offices) == (None, None)


def test_a_measure_that_the_public_is_not_told_has_no_target_for_it() -> None:
    assert withhold_results(PeriodResults(targets=(TARGET,)), []).targets == ()
