"""The one order of offices in a report, and which of its results lead."""

from collections.abc import Sequence

from audit.compliance.follow_up_summary import OfficeFollowUp
from audit.compliance.office_rates import MeasureResult, OfficeRate


def filter_unit_results(measures: Sequence[MeasureResult]) -> list[MeasureResult]:
    """The results counted by unit: by person and the like are other views of the same records."""
    return [measure for measure in measures if measure.counted == "unit"]


def list_primary_results(measures: Sequence[MeasureResult]) -> list[MeasureResult]:
    """Each measure once: counted by unit, at its first grace period."""
    return list({measure.measure: measure for measure in reversed(filter_unit_results(measures))}.values())[::-1]


def order_offices(result: MeasureResult) -> list[OfficeRate]:
    """The offices of one result from the lowest rate to the highest, then those with too few due for a rate.

    Equal rates stand by size, then name. Offices in which nothing was due are left out.
    """
    rated = result.rated
    codes = {office.office for office in rated}
    return [*rated, *(one for one in result.offices if one.office not in codes and one.due)]


def order_follow_up(offices: Sequence[OfficeFollowUp], measures: Sequence[MeasureResult]) -> list[OfficeFollowUp]:
    """The offices with something to follow, in the order of the first result; others come last, by name."""
    primary = list_primary_results(measures)
    places = {office.office: place for place, office in enumerate(order_offices(primary[0]))} if primary else {}
    moved = [office for office in offices if office.moved]
    return sorted(moved, key=lambda office: (places.get(office.office, len(places)), office.name))
