"""A made-up program whose rules speak of time: permits of four offices, in folders, with fees; some are no permits."""

from pathlib import Path

PROGRAM = """
name = "permits"
title = "Permits issued in time"
about = "Whether permits were issued within twenty days."
authority = "A directive"
unit = ["request", "requests"]
office = "office"
synthetic = "Everything here is made up."

[tables.requests]
file = "requests.csv"
key = ["request"]
[tables.requests.columns]
request = { required = true }
office = { type = "office", required = true }
filed = { type = "date", required = true }
kind = {}
folder = {}
fee = { type = "integer" }
days = { type = "integer" }

[census]
table = "requests"
unit = "request"
office = "office"
date = "filed"
[[census.measures]]
id = "kind"
title = "Kind recorded"
authority = "A directive, section 1"
needs = [{ field = "kind", label = "kind" }]
[[census.measures]]
id = "days"
title = "Days recorded"
authority = "A directive, section 2"
applies = "kind = 'permit'"
needs = [{ field = "days", label = "days" }]

[cases]
table = "requests"
dated_by = "filed"
office = "office"

[sample]
period = "2020-03/2020-03"
size = 30
as_of = 2020-04-30
attribute = "timeliness"
classes = ["first"]
"""
DOCUMENTS = """
- {id: ACT, title: The Act, issuer: Made up, in_force: [{since: 2000-01-01}], source: Made up}
"""
RULES = {
    "first": """
id: first
title: A first permit is issued within twenty days
attribute: timeliness
order: 10
case_class: first
when: kind = 'permit' and fee < 500
expects: days <= 20
verdict: timely
otherwise: untimely
versions: [{under: ACT, citation: {section: section 1, quote: "within twenty days"}}]
examples:
  - {it: In time, case: {filed: 2020-03-02, kind: permit, fee: 1, days: 20}, expect: timely}
  - {it: Late, case: {filed: 2020-03-02, kind: permit, fee: 1, days: 21}, expect: untimely}
""",
    "other": """
id: other
title: Any other permit is issued within thirty days
attribute: timeliness
order: 20
case_class: other
when: kind = 'permit' and fee >= 500
expects: days <= 30
verdict: timely
otherwise: untimely
versions: [{under: ACT, citation: {section: section 2, quote: "within thirty days"}}]
examples:
  - {it: In time, case: {filed: 2020-03-02, kind: permit, fee: 900, days: 30}, expect: timely}
  - {it: Late, case: {filed: 2020-03-02, kind: permit, fee: 900, days: 31}, expect: untimely}
""",
}
OFFICES = "code,name,alias\nN,North,N\nS,South,S\nE,East,E\nW,West,W\n"
SUITE = """name: requests
expectations:
  - type: expect_column_values_to_not_be_null
    kwargs: {column: kind, mostly: 0.1}
    severity: warning
    meta: {why: "Made up."}
"""
# Ninety-six requests: half of them in the north; two in thirteen are no permit, two in eleven lack their days, and the
# north is slower than the rest.
OFFICE_OF = "NNNNSSEW"


def requests() -> list[str]:
    """The rows: request, office, day, kind, folder, fee, days."""
    rows = []
    for n in range(96):
        office = OFFICE_OF[n % 8]
        kind = "notice" if n * n % 13 == 4 else "permit"
        days = "" if n * n % 11 == 3 else str(25 if office == "N" and n % 3 == 0 else 10)
        rows.append(f"P{n:03},{office},2020-03-{1 + n % 28:02},{kind},{office}{n // 8 % 6},{100 + 37 * n % 900},{days}")
    return rows


def write(folder: Path) -> Path:
    """Write the program, its rules and its table below a folder; the program's own folder is `permits`."""
    for name, content in {
        "permits/program.toml": PROGRAM,
        "permits/offices.csv": OFFICES,
        "permits/expectations/requests.yaml": SUITE,
        "permits/policy/documents.yaml": DOCUMENTS,
        "permits/policy/terms.yaml": "[]\n",
        **{f"permits/policy/{name}.yaml": rule for name, rule in RULES.items()},
        "data/requests.csv": "\n".join(["request,office,filed,kind,folder,fee,days", *requests()]) + "\n",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder / "permits"
