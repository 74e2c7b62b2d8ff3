"""A made-up report for the tests of figures and pages: 24 offices with invented counts, and its awkward variants.

Each report is put together anew; its limits, which take most of the time, are worked out once.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date
from functools import cache

from audit import formatting
from audit.compliance.follow_up_summary import AGE_BANDS, FollowUp, OfficeFollowUp
from audit.compliance.ledger import IDENTIFIER_GUIDANCE, OpenItem
from audit.compliance.office_rates import MeasureResult, MonthRate, OfficeRate
from audit.compliance.trends import OfficeMonth, Trend, build_office_trend
from audit.estimation.rates import Estimate, measure_office_precision
from audit.estimation.results import Cell, CitedRule, SampleResult
from audit.programs.declaration import PublishedSeries
from audit.reporting.corrections import Correction, FigureChange, SignOff
from audit.reporting.formats.csv_tables import build_report_tables, format_csv
from audit.reporting.month_report import Report
from audit.reporting.record import KeyFigure, Provenance
from audit.statistics.intervals.exact import binomial_tails, clopper_pearson
from audit.statistics.offices.funnel import binomial_funnel
from audit.statistics.survival import kaplan_meier
from audit.tables.checks.results import CheckResult
from audit.tables.table import ControlTotals

HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    '#import "x" $\\frac{1}{2}$ {{ 7*7 }} &amp; \' "',
    "\u202egnp.exe\u202c \u05d0\u05d1\u05d2",
    "a\nb\tc\x00d",
    "Long name " * 30,
    "]]></style><img src=x onerror=alert(2)>",
)

# code, name, units due, documented in time, entered late
OFFICES = (
    ("ATL", "Atlanta", 1904, 0.871, 0.052),
    ("BAL", "Baltimore", 402, 0.886, 0.041),
    ("BOS", "Boston", 317, 0.902, 0.035),
    ("BUF", "Buffalo", 96, 0.875, 0.052),
    ("CHI", "Chicago", 1288, 0.858, 0.049),
    ("DAL", "Dallas", 2210, 0.879, 0.044),
    ("DEN", "Denver", 604, 0.868, 0.060),
    ("DET", "Detroit", 241, 0.855, 0.054),
    ("ELP", "El Paso", 832, 0.781, 0.084),
    ("HOU", "Houston", 2874, 0.744, 0.101),
    ("LOS", "Los Angeles", 5120, 0.866, 0.050),
    ("MIA", "Miami", 2406, 0.871, 0.048),
    ("NEW", "Newark", 388, 0.853, 0.049),
    ("NOL", "New Orleans", 946, 0.846, 0.061),
    ("NYC", "New York City", 512, 0.877, 0.047),
    ("PHI", "Philadelphia", 471, 0.913, 0.030),
    ("PHO", "Phoenix", 1733, 0.839, 0.071),
    ("SLC", "Salt Lake City", 558, 0.880, 0.039),
    ("SNA", "San Antonio", 3021, 0.915, 0.028),
    ("SND", "San Diego", 1105, 0.900, 0.033),
    ("SFR", "San Francisco", 1560, 0.869, 0.045),
    ("SEA", "Seattle", 437, 0.874, 0.048),
    ("SPM", "St. Paul", 61, 0.672, 0.115),
    ("WAS", "Washington", 744, 0.884, 0.040),
)


def report(
    *,
    offices: int = 24,
    without_cases: int = 0,
    complete: bool = False,
    timed: bool = True,
    hostile: bool = False,
) -> Report:
    """A report of September 2011 over the first `offices` offices.

    `without_cases` offices have none; `complete` puts every rate at 100%; without `timed` nothing is late or pending
    and matches are counted in one way; `hostile` attacks a page or a template from every field of free text.
    """
    rows = [
        (code, name, 0, 0.0, 0.0)
        if i < without_cases
        else (code, name, due, 1.0 if complete else rate, late if timed and not complete else 0.0)
        for i, (code, name, due, rate, late) in enumerate(OFFICES[-offices:])
    ]
    first = measure(rows, pending=timed)
    later = [(code, name, due, min(1.0, rate + late * 0.6), late * 0.4) for code, name, due, rate, late in rows]
    others = (measure(later, grace_days=30), measure(rows, counted="person, all units")) if timed else ()
    nation = first.national
    due = f"{formatting.format_count(nation.due)} matches due"
    made = Report(
        schema="report/1",
        program="made_up",
        title="Documentation of matches",
        office_noun="field office",
        unit=("match", "matches"),
        period="2011-09",
        period_words="September 2011",
        as_of=date(2011, 10, 31),
        status="draft",
        synthetic="Every case in this report is invented by a seeded generator; only the published totals are real.",
        headline=f"{formatting.format_percent(nation.compliant, nation.due)} of September's matches were documented "
        "in time.",
        key_figures=(
            KeyFigure(
                value=formatting.format_percent(nation.compliant, nation.due),
                label="of matches documented in time",
                detail=f"{formatting.format_count(nation.compliant)} of {due}",
            ),
            KeyFigure(
                value=formatting.format_percent(nation.compliant + nation.late, nation.due),
                label="documented by 31 October 2011",
                detail=f"{formatting.format_count(nation.compliant + nation.late)} of {due}",
            ),
            KeyFigure(
                value=formatting.format_count(nation.missing),
                label="matches with a record still missing",
                detail=f"in {formatting.format_plural(offices - without_cases, 'field office')}",
            ),
        ),
        measures=(
            first,
            *others,
        ),
        months=months(nation),
        open_items=open_items(rows),
        trends=(trend(first),),
        ambiguous_links=14,
        has_audit=True,
        checks=checks(),
        method=(
            ("What is counted", "Every match of the month is counted once, under the office that was responsible."),
            ("How offices are compared", "Each office is set against the range in which chance alone would put it."),
        ),
        caveats=(
            "A record that was entered is not thereby correct.",
            "The day of the documentation rule is not known.",
        ),
        provenance=provenance(),
    )
    return _hostile(made) if hostile else made


def csv_files(report: Report) -> dict[str, str]:
    """The tables of a report as CSV, under the names of their files."""
    return {f"{name}.csv": format_csv(table) for name, table in build_report_tables(report).items()}


def follow_up(*, alarms: int = 2) -> FollowUp:
    """Open items of three offices that moved since August 2011, each alarm so often."""
    moves = (("ATL", "Atlanta", 40, 7, 1, 5, 2, 41, 12), ("BOS", "Boston", 3, 0, 0, 3, 0, 0, 0))
    names = ("office", "name", "open_start", "new", "reopened", "resolved", "reclassified", "open_end", "over_90")
    offices = [
        OfficeFollowUp(**dict(zip(names, row, strict=True)), repeated=row[0] == "ATL")  # type: ignore[arg-type]
        for row in moves
    ]
    sums = {name: sum(getattr(office, name) for office in offices) for name in names[2:8]}
    return FollowUp(
        since="2011-08",
        since_as_of=date(2011, 9, 30),
        **sums,
        still_open=33,
        ages=tuple(zip((age for age, _, _ in AGE_BANDS), (9, 11, 9, 12), strict=True)),
        oldest=date(2010, 12, 1),
        oldest_days=334,
        guidance_sent=6,
        reasons=(("entered twice by the sending agency", 2),),
        time_to_resolve=kaplan_meier([11, 14, 20, 33, 40], [31, 62]),
        event_back_dated=alarms,
        entry_back_dated=alarms,
        vanished=alarms,
        undone=alarms,
        gone=alarms,
        offices=tuple(offices),
    )


def correction() -> Correction:
    """A correction of one figure, and of one that was not there before."""
    return Correction(
        reason="Houston’s records of the 12th came late",
        of_version=1,
        issued_on=date(2011, 11, 4),
        changes=(
            FigureChange(figure="records to complete: open items", before=2210, after=2198),
            FigureChange(figure="documentation: Houston, rate", before=None, after=0.9435),
        ),
    )


SIGNED = SignOff(by="Assistant Inspector General for Audits", on=date(2011, 11, 21))


def measure(
    rows: Sequence[tuple[str, str, int, float, float]],
    *,
    grace_days: int = 0,
    counted: str = "unit",
    pending: bool = True,
) -> MeasureResult:
    """One measure over offices given as code, name, units due, share in time and share late."""
    counts = [(code, name, due, round(due * rate), round(due * late)) for code, name, due, rate, late in rows]
    due, compliant = sum(row[2] for row in counts), sum(row[3] for row in counts)
    rate = compliant / due if due else None
    offices = tuple(_office(*row, national=rate, pending=row[2] // 50 * pending) for row in counts)
    totals = {
        field.name: sum(getattr(o, field.name) for o in offices)
        for field in fields(OfficeRate)
        if field.type in (int, int | None)
    }
    late_in_all = sum(row[4] for row in counts)
    nation = replace(_office("all", "All offices", due, compliant, late_in_all, national=None, pending=0), **totals)
    return MeasureResult(
        measure="match_documentation",
        title="Encounter and processing disposition recorded",
        authority="Made-up policy, section 2",
        grace_days=grace_days,
        counted=counted,
        offices=offices,
        national=nation,
        missing=(
            ("disposition", nation.missing - nation.missing // 3),
            ("encounter and disposition", nation.missing // 3),
        ),
        exclusions=(
            ("duplicate transmission", nation.excluded - nation.excluded // 3),
            ("test record", nation.excluded // 3),
        ),
        identified=(compliant, nation.due - nation.no_identifier),
    )


@cache
def _office(
    code: str, name: str, due: int, compliant: int, late: int, *, national: float | None, pending: int
) -> OfficeRate:
    redacted, left_out = due // 400, due // 300
    in_all = due + pending + redacted
    lower_95 = upper_95 = lower_998 = upper_998 = None
    flag = "" if due else "no cases"
    if due and national is not None:
        (lower_95, upper_95), (lower_998, upper_998) = (binomial_funnel(due, national, p) for p in ("0.95", "0.998"))
        below, above = binomial_tails(compliant, due, national)
        flag = "below" if below < 0.001 else "above" if above < 0.001 else ""
    return OfficeRate(
        office=code,
        name=name,
        received=in_all + left_out,
        excluded=left_out,
        not_applicable=0,
        compliant=compliant,
        late=late,
        missing=due - compliant - late,
        unmet=0,
        redacted=redacted,
        pending=pending,
        uninformative=due // 60,
        no_identifier=due // 45,
        due=due,
        timely=compliant / due if due else None,
        eventual=(compliant + late) / due if due else None,
        worst=compliant / in_all if in_all else None,
        best=(in_all - (due - compliant)) / in_all if in_all else None,
        lower_95=lower_95,
        upper_95=upper_95,
        lower_998=lower_998,
        upper_998=upper_998,
        flag=flag,
    )


@cache
def estimate(
    label: str, conforming: int, deviating: int, *, population: int | None = None, permitted: int = 0, open_: int = 0
) -> Estimate:
    """A rate with Clopper-Pearson limits; `open_` cases could not be determined."""
    assessed, reviewed = conforming + deviating, conforming + deviating + open_
    limits = clopper_pearson(conforming, assessed, "0.95") if assessed else (None, None)
    return Estimate(
        label=label,
        population=population,
        reviewed=reviewed,
        conforming=conforming,
        permitted=permitted,
        deviating=deviating,
        undeterminable=open_,
        level=0.95,
        rate=conforming / assessed if assessed else None,
        lower=limits[0],
        upper=limits[1],
        worst=conforming / reviewed if reviewed else None,
        best=(conforming + open_) / reviewed if reviewed else None,
        worst_lower=clopper_pearson(conforming, reviewed, "0.95")[0] if reviewed else None,
        best_upper=clopper_pearson(conforming + open_, reviewed, "0.95")[1] if reviewed else None,
        method="Clopper-Pearson",
    )


@cache
def sample_audit() -> SampleResult:
    """The published cells of 766 cases, with limits worked out here."""
    cells = (
        ("consistent", "priority 1", 267, "Priority 1, and action was taken"),
        ("consistent", "priority 2 or 3", 48, "Priority 2 or 3, and action was taken"),
        ("consistent", "permanent resident", 11, "Permanent residents with a removable conviction; action taken"),
        ("consistent", "US citizen", 88, "US citizens; no action taken"),
        ("consistent", "legal status", 218, "People with legal status; no action taken"),
        ("consistent", "no prior record", 21, "No immigration or criminal record; no action taken"),
        ("permitted", "outside the priorities", 45, "Charged, outside the priorities; action is permitted"),
        ("inconsistent", "priority 1", 16, "Priority 1, and no action was taken"),
        ("inconsistent", "priority 2 or 3", 8, "Priority 2 or 3, and no action was taken"),
        ("inconsistent", "permanent resident", 1, "A permanent resident detained, no removable conviction shown"),
        ("undeterminable", "", 43, "Too little on file to tell"),
    )
    offices = tuple(
        estimate(name, due // 43 - due // 1100, due // 1100, population=due * 12) for _, name, due, _, _ in OFFICES
    )
    return SampleResult(
        period="2010-10/2011-09",
        as_of=date(2011, 12, 28),
        seed="20111130-made-up",
        seed_source="dice thrown in public on 30 November 2011",
        frame_digest="9f2b" * 16,
        universe=349_412,
        exclusions=(("duplicate transmission", 303), ("test record", 151)),
        frame=348_958,
        drawn=766,
        cells=tuple(Cell(outcome=o, case_class=c, cases=n, words=w) for o, c, n, w in cells),
        documentation=(
            Cell(outcome="complete", case_class="assessed", cases=712),
            Cell(outcome="complete", case_class="undeterminable", cases=0),
            Cell(outcome="partial", case_class="assessed", cases=11),
            Cell(outcome="partial", case_class="undeterminable", cases=30),
            Cell(outcome="none", case_class="assessed", cases=0),
            Cell(outcome="none", case_class="undeterminable", cases=13),
        ),
        overall=estimate("All cases", 698, 25, population=348_958, permitted=45, open_=43),
        without_permitted=estimate("Cases for which the policy calls for one action", 653, 25, open_=43),
        classes=(
            estimate("Priority 1", 267, 16),
            estimate("Priority 2 or 3", 48, 8),
            estimate("Permanent residents", 11, 1),
            estimate("US citizens", 88, 0),
            estimate("Legal status", 218, 0),
            estimate("No prior record", 21, 0),
            estimate("Outside the priorities (permitted)", 45, 0, permitted=45),
        ),
        offices=offices,
        office_precision=measure_office_precision(offices, margin="0.05"),
        later=(("consistent", "inconsistent", 2),),
        decided_alike=4,
        decided_by_people=348,  # of the 723 assessed; 371 by the rules below
        needed=(("processing disposition", 31), ("immigration status", 18), ("criminal history check", 9)),
        rules=(
            CitedRule(
                rule="priority-1",
                title="Priority 1: act",
                version="March 2011",
                document="Civil Immigration Enforcement: Priorities (2 March 2011)",
                section="A",
                quote="aliens who pose a danger to national security or a risk to public safety",
                cases=283,
                unverified=False,
            ),
            CitedRule(
                rule="citizen",
                title="US citizens: no detainer",
                version="March 2011",
                document="Civil Immigration Enforcement: Priorities (2 March 2011)",
                section="B",
                quote="",
                cases=88,
                unverified=True,
                stated_in="An audit of 2012",
            ),
        ),
    )


def months(last: OfficeRate) -> tuple[MonthRate, ...]:
    """Twelve months that improve late in the year, and end as `last` says."""
    names = [f"2010-{m}" for m in (10, 11, 12)] + [f"2011-{m:02d}" for m in range(1, 9)]
    rates = (0.781, 0.784, 0.779, 0.788, 0.791, 0.786, 0.795, 0.801, 0.812, 0.829, 0.846)
    of = "match_documentation"
    earlier = (
        MonthRate(
            measure=of,
            month=name,
            due=27_000,
            compliant=round(27_000 * rate),
            late=1_400 if last.late else 0,
        )
        for name, rate in zip(names, rates, strict=True)
    )
    return (
        *earlier,
        MonthRate(measure=of, month="2011-09", due=last.due, compliant=last.compliant, late=last.late),
    )


@cache
def trend(result: MeasureResult) -> Trend:
    """The same twelve months of every office: level for eight of them, and from then on towards what `result` says."""
    names = [month.month for month in months(result.national)]
    steps = [0.0, 0.01, -0.01, 0.0, 0.01, -0.01, 0.01, 0.0, 0.02, 0.05, 0.06]

    def each(office: OfficeRate) -> list[OfficeMonth]:
        if not office.due:
            return []
        least, few = max(0.0, (office.timely or 0.0) - 0.06), office.due * 9 // 10
        rates = [1.0 if office.timely == 1 else least + step for step in steps]
        last = (office.due, office.compliant, office.late)
        counts = [*((few, round(few * rate), 0) for rate in rates), last]
        return [
            OfficeMonth(month=name, due=due, compliant=compliant, late=late, open_items=due // 100)
            for name, (due, compliant, late) in zip(names, counts, strict=True)
        ]

    offices = tuple(build_office_trend(office.office, office.name, each(office)) for office in result.offices)
    return Trend(measure=result.measure, title=result.title, months=tuple(names), offices=offices)


def open_items(rows: Sequence[tuple[str, str, int, float, float]]) -> tuple[OpenItem, ...]:
    """A few open items in every office that has cases."""
    kinds = (
        ("processing disposition", "Enter the disposition of the encounter."),
        ("encounter; processing disposition", "Record the encounter, then its disposition."),
    )
    return tuple(
        OpenItem(
            office=code,
            month="2011-09",
            person=f"p-{int(code, 36):06x}{k:04x}",
            measure="match_documentation",
            units=1 + k % 3 // 2,
            records=(1 + k % 3 // 2) * (1 + k % 2),
            first=date(2011, 9, 1 + (k * 7 + due) % 30),
            missing=kinds[k % 2][0],
            days_open=60 - (k * 7 + due) % 30,
            no_identifier=k % 5 == 4,
            guidance=IDENTIFIER_GUIDANCE if k % 5 == 4 else kinds[k % 2][1],
        )
        for code, _, due, _, _ in rows
        for k in range(min(due // 60, 12))
    )


def matches() -> PublishedSeries:
    """The published yearly matches."""
    return PublishedSeries(
        id="matches",
        title="IDENT matches",
        subtitle="Number of IDENT matches, fiscal years 2009–2011",
        source="DHS OIG-12-64, Figure 3. IDENT is the Automated Biometric Identification System.",
        points=(("FY 2009", 95_664), ("FY 2010", 248_166), ("FY 2011", 348_958)),
    )


def checks() -> tuple[CheckResult, ...]:
    """Three checks: one passed, one warned, one failed."""
    rows = (
        ("match_id is never blank", "expect_column_values_to_not_be_null", "critical", 0, True, ""),
        ("person_id is never blank", "expect_column_values_to_not_be_null", "warning", 662, False, "no one to link to"),
        ("match_id is unique", "expect_column_values_to_be_unique", "critical", 2, False, "a match counts once"),
    )
    return tuple(
        CheckResult(
            table="matches",
            check=check,
            expectation=kind,
            column=check.split()[0],
            severity=severity,
            units=29_802,
            failed=failed,
            passed=passed,
            why=why,
        )
        for check, kind, severity, failed, passed, why in rows
    )


def provenance() -> Provenance:
    """Where it came from."""
    return Provenance(
        software="audit 0.1.0",
        program_sha256="1a" * 32,
        policy_sha256="2b" * 32,
        inputs=tuple(
            ControlTotals(
                table=name, file=f"{name}.csv", sha256=digit * 64, rows_in=n, rows_used=n - k, rows_set_aside=k
            )
            for name, digit, n, k in (("matches", "c", 29_999, 12), ("persons", "d", 27_512, 0))
        ),
    )


def _hostile(made: Report) -> Report:
    """The same report with an attack in every field of free text, each attack in each kind of place."""
    attack = [HOSTILE[i % len(HOSTILE)] for i in range(40)]
    return replace(
        made,
        title=attack[0],
        office_noun=attack[5],
        unit=(attack[1], attack[2]),
        period_words=attack[3],
        status=attack[0],
        synthetic=attack[6],
        headline=attack[6],
        key_figures=tuple(KeyFigure(value=a, label=b, detail=c) for a, b, c in (attack[:3], attack[3:6], attack[6:9])),
        measures=tuple(
            replace(
                m,
                title=attack[i],
                authority=attack[i + 1],
                offices=tuple(replace(o, name=attack[k]) for k, o in enumerate(m.offices)),
                missing=tuple((a, n) for a, (_, n) in zip(attack[6:], m.missing, strict=False)),
            )
            for i, m in enumerate(made.measures)
        ),
        trends=tuple(
            replace(
                t, title=attack[0], offices=tuple(replace(o, name=attack[k]) for k, o in enumerate(t.offices, start=3))
            )
            for t in made.trends
        ),
        open_items=tuple(
            replace(item, person=attack[i % 40], missing=attack[(i + 1) % 40], guidance=attack[(i + 2) % 40])
            for i, item in enumerate(made.open_items)
        ),
        checks=tuple(replace(c, check=attack[i], why=attack[i + 6]) for i, c in enumerate(made.checks)),
        method=((attack[0], attack[6]), (attack[5], attack[2])),
        caveats=tuple(attack[:7]),
        provenance=replace(made.provenance, software=attack[6]),
    )
