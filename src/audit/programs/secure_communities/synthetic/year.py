"""The matches of a period: when and where each was made, whose it is, what the office did, and what it wrote down."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
import polars_hash as plh
from numpy.typing import NDArray

from audit.programs.secure_communities.synthetic.recipes import draw_integers, draw_rows, make_keys, read_aliases

SEED: Final = "2011-FY 766 | dice 4 1 6 2 5 3"
AUDITED_CASE_COUNT = 766  # OIG-12-64, Assessing Enforcement Decisions
NO_IDENTIFIER_SHARE = 0.019
HOME_OFFICE_SHARE = 0.88  # of a person's matches are made in one office
MATCHES_PER_PERSON_SHARES = (0.88, 0.095, 0.02, 0.005)  # one, two, three, four
ALIAS_SHARE = 0.02
DECISION_DELAY_SHARES = (0.55, 0.25, 0.1, 0.06, 0.04)  # on the day of the match, one day later, ... four
WRONG_ACTION_SHARE = 0.001  # of the matches that call for no action, and none was seen in the audited sample: action

# Thousands of matches a year, and the share left undocumented until the duty to document of July 2011.
OFFICE_PROFILES: Final = {
    "ATL": (26, 0.120), "BAL": (3.2, 0.110), "BOS": (3.8, 0.140), "BUF": (1.4, 0.013), "CHI": (14, 0.130),
    "DAL": (27, 0.045), "DEN": (9, 0.055), "DET": (4, 0.050), "ELP": (9, 0.020), "HOU": (34, 0.050),
    "LOS": (46, 0.080), "MIA": (20, 0.160), "NEW": (3.6, 0.195), "NOL": (10, 0.165), "NYC": (4.4, 0.185),
    "PHI": (5.2, 0.095), "PHO": (24, 0.065), "SEA": (8, 0.035), "SFR": (33, 0.105), "SLC": (8, 0.075),
    "SNA": (31, 0.085), "SND": (15, 0.040), "SPM": (2.6, 0.025), "WAS": (12, 0.090),
}  # fmt: skip
MISSING_RECORDS = np.array(["encounter", "disposition", "code"])
MISSING_RECORD_SHARES = (0.5, 0.25, 0.25)
UNDOCUMENTED_SHARE = 0.076  # the year's share, of matches with a person, that the above comes to

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of months, and how many matches fall into it."""

    first: np.datetime64
    last: np.datetime64
    prefix: str  # of the keys of its matches
    matches: int
    duplicates: int  # rows of other kinds, on top
    tests: int
    growth: float  # of the matches a day, from the first day to the last
    gap_factors: tuple[float, ...]  # of gaps and late entries, a month each
    is_audited: bool  # whether the audited cases are among its matches
    removal_errors: int  # in how many parts of a whole year's errors of removals: 1 of 1, 1 of 2


FISCAL_YEAR: Final = Period(
    first=np.datetime64("2010-10-01"),
    last=np.datetime64("2011-09-30"),
    prefix="M11-",
    matches=348_958,  # OIG-12-64, figure 3: identity matches of fiscal year 2011
    duplicates=287,
    tests=124,
    growth=0.5,
    gap_factors=(*[1.0] * 9, 0.75, 0.6, 0.5),
    is_audited=True,
    removal_errors=1,
)
# Nothing was published of these months: their number of matches is made up, too.
LATER_MONTHS: Final = Period(
    first=np.datetime64("2011-10-01"),
    last=np.datetime64("2012-03-31"),
    prefix="M12-",
    matches=205_000,
    duplicates=168,
    tests=70,
    growth=0.05,
    gap_factors=(0.48, 0.44, 0.4, 0.37, 0.34, 0.32),
    is_audited=False,
    removal_errors=2,
)


def draw_cases(rng: np.random.Generator, kinds: pl.DataFrame, period: Period) -> pl.DataFrame:
    """One row an identity match, with what is turned into facts and never published: its kind, the office's conduct.

    Columns: match_id, audited (is an audited case, or another match of its person), person (number; null without
    identifier), kind (row of `kinds`), office (code), match_time, match_date, decision_date, acted, lacks (the missing
    record; blank when none), lag (days until entry).
    """
    time, n = _draw_match_times(rng, period), period.matches
    match_id = make_keys(period.prefix, n, digits=6)
    chosen = find_audited_cases(match_id) if period.is_audited else np.array([], dtype=np.int64)
    hand = _list_audited_cases(kinds)
    hand = hand[rng.permutation(AUDITED_CASE_COUNT)] if period.is_audited else hand.clear()
    conduct = hand["conduct"].to_numpy()
    nobody = rng.random(n) < NO_IDENTIFIER_SHARE
    nobody[chosen] = hand["kind"].to_numpy() == _find_no_identifier_kind(kinds)

    person = _draw_persons(rng, nobody=nobody)
    weight, acts = _compute_conduct(kinds)
    kind = _draw_kinds(rng, kinds, weight, person, chosen, hand)
    acted = rng.random(n) < acts[kind]
    # "There was no record of officers requesting detention" is said of a person: at none of their matches.
    acted[_find_matches_of(person, person[chosen[conduct != "acted"]])] = False
    acted[chosen] = conduct == "acted"

    office = _draw_offices(rng, person)
    gap = np.array([share for _, share in OFFICE_PROFILES.values()])[office]
    easing = np.array(period.gap_factors)[(time.astype("M8[M]") - period.first.astype("M8[M]")).astype(int)]
    missing = rng.random(n) < gap * easing
    # A case that turns on a blank fact is documented: the fact alone is missing. So are the report's examples.
    singled_out = kinds["year"].is_not_null().to_numpy()[kind[chosen]]
    documented, not_entered = (conduct == "idle") | singled_out, conduct == "missing"
    # Like the conduct, this is said of a person: what was entered, or not, is so under each of their matches.
    for places, is_missing in ((chosen[documented], False), (chosen[not_entered], True)):
        missing[_find_matches_of(person, person[places])] = is_missing
        missing[places] = is_missing
    late = rng.random(n) < (0.06 + 0.7 * gap) * easing
    return pl.DataFrame(
        {
            "match_id": match_id,
            "audited": np.isin(np.arange(n), chosen) | _find_matches_of(person, person[chosen]),
            "person": pl.Series(person).set(pl.Series(nobody), None),
            "kind": kind,
            "office": np.array(list(OFFICE_PROFILES))[office],
            "match_time": time.astype("M8[us]"),
            "decision_date": np.minimum(
                time.astype("M8[D]") + rng.choice(5, size=n, p=DECISION_DELAY_SHARES), period.last
            ),
            "acted": acted,
            "lacks": np.where(
                nobody,
                MISSING_RECORDS[0],
                np.where(missing, rng.choice(MISSING_RECORDS, size=n, p=MISSING_RECORD_SHARES), ""),
            ),
            "lag": np.where(late, 1 + (45 * rng.random(n) ** 2).astype(np.int64), 0),
        }
    ).with_columns(match_date=pl.col("match_time").dt.date())


def _draw_kinds(
    rng: np.random.Generator,
    kinds: pl.DataFrame,
    weight: NDArray[np.float64],
    person: Integers,
    chosen: Integers,
    hand: pl.DataFrame,
) -> Integers:
    """The kind of each match's person; the audited matches have those of their recipes, in `hand`."""
    person_kind = rng.choice(len(kinds), size=person.max() + 1, p=weight)
    person_kind[person[chosen]] = hand["kind"].to_numpy()
    person_kind[0] = _find_no_identifier_kind(kinds)
    kind: Integers = person_kind[person]
    if not np.array_equal(kind[chosen], hand["kind"].to_numpy()):
        raise ValueError("two audited matches are of one person, and the recipes give them different kinds of person")
    return kind


def build_matches(cases: pl.DataFrame, rng: np.random.Generator, period: Period) -> pl.DataFrame:
    """The published table: the identity matches, then duplicate transmissions of some and test records."""
    n = len(cases)
    # Hours in local custody: a few people leave before any office can act.
    custody = np.where(rng.random(n) < 0.03, draw_integers(rng, 1, 12, n), draw_integers(rng, 24, 480, n))
    has_release_time = rng.random(n) < 0.7
    identity = cases.select(
        "match_id",
        make_person_id("person"),
        "match_time",
        vary_office_names(rng, cases["office"]),
        "decision_date",
        release_time=pl.when(pl.Series(has_release_time)).then(
            pl.col("match_time") + pl.duration(hours=pl.lit(pl.Series(custody)))
        ),
        match_kind=pl.lit("identity"),
    )
    rows = rng.choice(n, size=period.duplicates + period.tests, replace=False)
    minutes = pl.lit(pl.Series(draw_integers(rng, 1, 45, len(rows))))
    test = pl.int_range(len(rows)) >= period.duplicates
    others = identity[rows].with_columns(
        match_id=make_keys(period.prefix, len(rows), digits=6, first=n + 1),
        person_id=pl.when(~test).then("person_id"),
        match_time=pl.col("match_time") + pl.duration(minutes=minutes),
        decision_date=pl.max_horizontal(
            "decision_date", (pl.col("match_time") + pl.duration(minutes=minutes)).dt.date()
        ),
        release_time=pl.when(~test).then("release_time"),
        match_kind=pl.when(test).then(pl.lit("test record")).otherwise(pl.lit("duplicate transmission")),
    )
    return pl.concat([identity, others])


def make_person_id(column: str) -> pl.Expr:
    """A person's key from the number in a column; blank without one."""
    return pl.format("P{}", pl.col(column).cast(pl.String).str.zfill(7)).alias("person_id")


def vary_office_names(rng: np.random.Generator, office: pl.Series) -> pl.Series:
    """Office codes as written: now and then a name, a decorated code or another spelling."""
    alias = draw_rows(rng, read_aliases(), office)["alias"]
    return alias.zip_with(pl.Series(rng.random(len(office)) < ALIAS_SHARE), office).alias("office")


def find_audited_cases(match_id: pl.Series) -> Integers:
    """Where the audited cases stand: the smallest tickets of the frame, ties by key."""
    ticket = plh.concat_str(pl.lit(SEED + "|"), pl.col("match_id")).chash.sha2_256()
    order = pl.DataFrame({"match_id": match_id}).with_row_index("row").with_columns(ticket=ticket)
    return order.sort("ticket", "match_id")["row"].head(AUDITED_CASE_COUNT).to_numpy().astype(np.int64)


def _draw_match_times(rng: np.random.Generator, period: Period) -> NDArray[np.datetime64]:
    """When the matches were made, in order: more at the period's end, and more at weekends."""
    day = np.arange((period.last - period.first).astype(int) + 1)
    weekday = (day + (period.first.astype("M8[D]").astype(int) + 3) % 7) % 7  # 0 is Monday
    weight = (1 + period.growth * day / day[-1]) * np.where(np.isin(weekday, (5, 6)), 1.2, 1)
    drawn = rng.choice(day, size=period.matches, p=weight / weight.sum())
    minute = drawn * 1440 + draw_integers(rng, 0, 1439, period.matches)
    return period.first + np.sort(minute).astype("m8[m]")


def _list_audited_cases(kinds: pl.DataFrame) -> pl.DataFrame:
    """The audited cases in recipe order: each one's kind and conduct."""
    counts = kinds.with_row_index("kind").unpivot(("acted", "idle", "missing"), index="kind", variable_name="conduct")
    return (
        counts.filter(pl.col("value") > 0)
        .select(pl.col("kind", "conduct").repeat_by("value"))
        .explode("kind", "conduct")
    )


def _compute_conduct(kinds: pl.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Per kind: its share of the year's persons, and how often an office acts at a match of such a person.

    Both in the audited sample's proportions, had the undocumented matches without action not dropped out of it; or
    as the kind has it.
    """
    acted = kinds["acted"].to_numpy()
    would = acted + kinds["idle"].to_numpy() / (1 - UNDOCUMENTED_SHARE)
    share = kinds["year"].fill_null(pl.Series(would)).to_numpy()
    acts = np.maximum(acted / np.maximum(would, 1), WRONG_ACTION_SHARE)
    return share / share.sum(), kinds["acts"].fill_null(pl.Series(acts)).to_numpy()


def _find_no_identifier_kind(kinds: pl.DataFrame) -> int:
    return kinds["name"].to_list().index("no identifier")


def _find_matches_of(person: Integers, persons: Integers) -> Flags:
    """Which matches are of these persons; none of those whose person nobody knows."""
    return np.isin(person, persons[persons > 0])


def _draw_persons(rng: np.random.Generator, *, nobody: Flags) -> Integers:
    """Whose each match is: numbers from 1, in no order; 0 where nobody is known. An audited match is like any other."""
    person = np.zeros(len(nobody), dtype=np.int64)
    known = np.flatnonzero(~nobody)
    met = 1 + rng.choice(4, size=len(known), p=MATCHES_PER_PERSON_SHARES)
    person[known] = rng.permutation(np.repeat(1 + np.arange(len(known)), met)[: len(known)])
    renumbered: Integers = np.append(0, 1 + rng.permutation(person.max()))
    return renumbered[person]


def _draw_offices(rng: np.random.Generator, person: Integers) -> Integers:
    """Where each match was made: mostly in one office for one person."""
    volume = np.array([thousands for thousands, _ in OFFICE_PROFILES.values()])
    anywhere = rng.choice(len(volume), size=(2, len(person)), p=volume / volume.sum())
    stays = (person > 0) & (rng.random(len(person)) < HOME_OFFICE_SHARE)
    home, elsewhere = anywhere
    made: Integers = np.where(stays, home[person], elsewhere)
    return made
