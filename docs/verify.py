"""Draw a simple or stratified random sample again: `python verify.py sample.json frame.txt`; exits 0 or 1.

Prints "the same", or all that is not. `verify_any.py` knows every other way of drawing, extensions and replacements.
"""

import sys
from datetime import datetime
from hashlib import sha256
from json import loads
from pathlib import Path

sample, text = loads(Path(sys.argv[1]).read_bytes()), Path(sys.argv[2]).read_bytes()
frame, design, seed = sample["frame"], sample["design"], sample["seed"]
lines = sorted(text.removesuffix(b"\n").split(b"\n"))  # key, or key|stratum; more columns are not looked at
roles = [role for role in ("key", "stratum", "cluster", "measure") if frame.get(role)]
cases = [dict(zip(roles, line.decode().split("|"), strict=True)) for line in lines]
if design.get("method", "random") != "random" or design.get("start", "0") != "0" or sample.get("replaced"):
    sys.exit("this sample was drawn in another way: use verify_any.py")


def ticket(key):
    return sha256(f"{seed['value']}|{key}".encode()).hexdigest()


# The smallest tickets of the frame, or of each stratum, all in one order of tickets; equal ones by key.
left = {part["stratum"]: part["take"] for part in design["strata"]} or {None: design["size"]}
sizes, drawn = dict.fromkeys(left, 0), []
for its_ticket, key, stratum in sorted((ticket(case["key"]), case["key"], case.get("stratum")) for case in cases):
    sizes[stratum] = sizes.get(stratum, 0) + 1
    if left.get(stratum, 0):
        left[stratum] -= 1
        drawn.append({"order": len(drawn) + 1, "key": key, "stratum": stratum, "ticket": its_ticket})

listed = [{name: case[name] for name in ("order", "key", "stratum", "ticket")} for case in sample["cases"]]
excluded = sum(one["cases"] for one in frame["exclusions"])
holds = {
    "the frame is the one that was fixed": frame["digest"] == sha256(b"".join(b"%s\n" % x for x in lines)).hexdigest(),
    "the frame has its size": frame["size"] == len(lines) == frame["universe"] - excluded,
    "the strata have their sizes": all(part["size"] == sizes[part["stratum"]] for part in design["strata"]),
    "as many are drawn as planned": design["size"] == len(drawn) and not any(left.values()),
    "the seed came after the frame": datetime.fromisoformat(frame["fixed"]) <= datetime.fromisoformat(seed["chosen"]),
    "the same cases are listed": listed == drawn,
}
wrong = [what for what, is_so in holds.items() if not is_so]
wrong += [f"place {n}: {one and one['key']} is listed, {two and two['key']} is drawn" for n, (one, two) in
          enumerate(zip(listed, drawn, strict=False), start=1) if one != two][:10]  # fmt: skip
print("\n".join([f"not so: {what}" for what in wrong] or ["the same"]))
sys.exit(bool(wrong))
