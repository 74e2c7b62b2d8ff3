"""Whether every number of a report's page comes from its record: the claims checker, put to our own reports."""

import json
from dataclasses import asdict
from typing import Any

from audit.analysis.claims.check import Claim
from audit.analysis.claims.page_text import split_page
from audit.analysis.claims.record_facts import check_record_claims
from audit.files import encode_json


def trace_page(page: str, record: Any) -> tuple[Claim, ...]:
    """The numbers of a page; those that do not come from the record, a dataclass or its JSON, are told at once."""
    values = json.loads(record if isinstance(record, str | bytes) else encode_json(asdict(record)))
    checked = check_record_claims(split_page(page), values)
    disputed = [f"{claim.number}: {claim.verdict}, {claim.recomputed} ({claim.quote})" for claim in checked.disputed]
    assert not disputed, disputed
    return checked.claims
