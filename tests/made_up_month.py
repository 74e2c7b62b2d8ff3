"""A made-up monthly report with a target, duties, changes and a follow-up, for the tests of its pages."""

from dataclasses import replace
from datetime import date

from audit.compliance.delays import DelayTable
from audit.compliance.duty_periods import MeasureDuties
from audit.compliance.follow_up_summary import BacklogMonth, FollowUp, OfficeFollowUp
from audit.compliance.office_changes import OfficeChange
from audit.compliance.populations import PopulationResult
from audit.compliance.revisions import Revision
from audit.compliance.targets import OfficeTarget, TargetResult
from audit.compliance.verification import VerificationResult, VerifiedItem
from audit.programs.measures import Duty, Escalation, FollowUpPlan
from audit.reporting.month_report import Report
from audit.tables.delivery import DeliveryTotal
from tests import made_up

MEASURE = "match_documentation"
DUTIES = (
    Duty(words="an instruction", since=date(2011, 3, 1), since_by=date(2011, 3, 31), source="memorandum"),
    Duty(words="its reminder", since=date(2011, 7, 1), since_by=date(2011, 7, 31), source="memorandum"),
)
PLAN = FollowUpPlan(
    days=60,
    source="declared by the authors",
    escalation=Escalation(months=3, share=0.3, words="short in three months", source="made up"),
    verified=3,
    verified_seed="a seed",
    backlog_due=date(2012, 9, 30),
)


def make_target(report: Report, target: float = 0.86) -> TargetResult:
    """Standings that do not follow from the numbers: three offices fall short, one is close, the others meet it."""
    result = report.measures[0]
    names = [office.name for office in result.rated]
    standings = dict.fromkeys(names[:3], "short") | dict.fromkeys(names[3:4], "close")
    gaps = dict(zip(names, (40, 30, 20, 5), strict=False))
    return TargetResult(
        measure=result.measure,
        target=target,
        source="headquarters",
        offices=tuple(
            OfficeTarget(
                office=one.office,
                name=one.name,
                standing=standings.get(one.name, "meets"),  # type: ignore[arg-type]
                gap=gaps.get(one.name, 0),
            )
            for one in result.offices
        ),
        meets=len(names) - 4,
        short=3,
        close=1,
        too_few=0,
        gap=sum(gaps.values()),
    )


def follow_up(report: Report) -> FollowUp:
    """Two offices with open items: ten new, three resolved, of eight whose days ended; one is escalated."""
    names = ("office", "name", "open_start", "new", "reopened", "resolved", "reclassified", "open_end", "over_90")
    rows = (("ATL", "Atlanta", 40, 8, 0, 3, 0, 45, 30), ("HOU", "Houston", 20, 2, 0, 0, 0, 22, 20))
    offices = [
        OfficeFollowUp(
            **dict(zip(names, row, strict=True)),  # type: ignore[arg-type]
            repeated=False,
            resolved_within=(within, listed),
            escalated=row[0] == "HOU",
        )
        for row, within, listed in zip(rows, (3, 0), (12, 20), strict=True)
    ]
    sums = {name: sum(getattr(office, name) for office in offices) for name in names[2:8]}
    items = [
        VerifiedItem(office="ATL", month="2011-06", person=f"p{n}", measure=MEASURE, found=found)  # type: ignore[arg-type]
        for n, found in enumerate(("holds", "holds", "shared"))
    ]
    return replace(
        made_up.follow_up(alarms=0),
        **sums,
        ages=(("0 to 30 days", 10), ("31 to 60 days", 5), ("61 to 90 days", 2), ("over 90 days", 50)),
        offices=tuple(offices),
        resolved_within=(3, 32),
        verified=VerificationResult(month="2011-08", resolved=9, seed="a seed", items=tuple(items)),
        backlog=(
            BacklogMonth(month="2011-07", open_end=70, over_90=52),
            BacklogMonth(month="2011-08", open_end=60, over_90=51),
            BacklogMonth(month="2011-09", open_end=67, over_90=50),
        ),
    )


def report(*, target: bool = True, offices: int = 24) -> Report:
    """The report of September 2011 with every result of a month."""
    made = made_up.report(offices=offices)
    result = made.measures[0]
    ranked = result.rated
    return replace(
        made,
        targets=(make_target(made),) if target else (),
        duties=(MeasureDuties(measure=MEASURE, duties=DUTIES, period="under"),),
        populations=(PopulationResult(measure=MEASURE, title="matches of some", due=1000, compliant=900, late=20),),
        delays=(
            DelayTable(measure=MEASURE, of="unit", days=(0, 1, 5), compliant=(850, 870, 880), due=1000),
            DelayTable(measure=MEASURE, of="decision", days=(0, 1, 5), compliant=(860, 875, 885), due=1000),
        ),
        changes=tuple(
            OfficeChange(
                measure=MEASURE, office=one.office, last_month=(n - 5) / 1000, twelve_months=0.8, twelve_due=500
            )
            for n, one in enumerate(ranked)
        ),
        revisions=(
            Revision(
                measure=MEASURE,
                month="2011-08",
                due_first=900,
                due_now=903,
                compliant_first=700,
                compliant_now=700,
                recorded_first=800,
                recorded_now=850,
            ),
        ),
        persons_once=25_000,
        persons_in_two_offices=120,
        delivery=(
            DeliveryTotal(table="matches", rows_stated=30_000, rows_read=29_999, extracted=date(2011, 10, 31)),
            DeliveryTotal(table="dispositions", rows_stated=None, rows_read=28_000, extracted=None),
        ),
        rule=(("Duty", "Every match."), ("Recorded", "A row."), ("In time", "The same day. Target: 86%.")),
        plan=PLAN,
        next_issue=("2011-10", date(2011, 11, 30)),
        follow_up=follow_up(made),
    )
