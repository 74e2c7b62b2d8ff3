"""Draw a sample again: `python verify.py sample.json frame.txt` prints "the same" or all that is not; exits 0 or 1."""

import sys
from bisect import bisect_left
from datetime import datetime
from fractions import Fraction
from hashlib import sha256
from itertools import zip_longest
from json import loads
from math import ceil
from pathlib import Path

made, text = (Path(name).read_bytes() for name in sys.argv[1:])
made, lines = loads(made), sorted(text.removesuffix(b"\n").split(b"\n"))
frame, design, seed, listed, TURN = made["frame"], made["design"], made["seed"], made["cases"], 2**256
method, start, spares = design.get("method", "random"), Fraction(design.get("start", "0")), design.get("spares", 0)
takes = {part["stratum"]: part["take"] for part in design["strata"]} or {None: design["size"]}
roles = [role for role in ("key", "stratum", "cluster", "measure") if frame.get(role)]
cases = [{"stratum": None} | dict(zip(roles, line.decode().split("|"), strict=True)) for line in lines]
cases = sorted((c | {"measure": int(c["measure"])} if "measure" in c else c for c in cases), key=lambda c: c["key"])
strata = sorted({case["stratum"] for case in cases} - {None})
sizes = [(name, sum(case["stratum"] == name for case in cases)) for name in strata]


def ticket(text):  # tickets are hexadecimal numbers below 2^256
    return sha256(f"{seed['value']}|{text}".encode()).hexdigest()


def size(case):
    return case["measure"] if method in ("sequential Poisson", "fixed interval", "cell") else 1


def rank(case):  # the ticket counted from the start and divided by the size, to 256 binary places; then the key
    return (int(ticket(case["key"]), 16) - ceil(start * TURN)) % TURN * TURN // size(case), case["key"]


# Each method gives, of one stratum, the cases in their order: case, probability, hits.


def clusters(part, take):  # the clusters whose names have the smallest tickets, and in each its cases by theirs
    named = sorted(({"key": name} for name in {case["cluster"] for case in part}), key=rank)
    for inside in (sorted((c for c in part if c["cluster"] == one["key"]), key=rank) for one in named[:take]):
        some = inside[: design["each"] if method == "two-stage" else None]
        yield from ((case, Fraction(take * len(some), len(named) * len(inside)), None) for case in some)


def smallest(part, take):  # the certain cases, and the smallest tickets of the others; then the spares
    limit, rest, left = Fraction(sum(map(size, part)), take), part, take
    while method != "random" and any(size(case) >= limit for case in rest):
        rest = [case for case in rest if size(case) < limit]
        left = take - len(part) + len(rest)
        limit = Fraction(sum(map(size, rest)), left) if rest else limit
    certain = [(case, 1, None) for case in part if len(rest) < len(part) and size(case) >= limit]
    return certain + [(case, size(case) / limit, None) for case in sorted(rest, key=rank)[: left + spares]]


def intervals(part, take, label):  # the certain cases, and those that hold the unit hit in each interval
    length, end, money = Fraction(sum(map(size, part)), take), 0, method != "systematic"
    labels = [f"|cell|{k}{label}" if method == "cell" else f"|start{label}" for k in range(1, take + 1)]
    units = [int((k + Fraction(int(ticket(one), 16), TURN)) * length) for k, one in enumerate(labels)]
    yield from ((case, 1, 1 if money else None) for case in part if size(case) >= length)
    for case in (case for case in part if size(case) < length):
        begin, end = end, end + size(case)
        first = min(end, (begin // length + 1) * length) - begin  # its units in the first of at most two cells
        either = 1 - (1 - first / length) * (1 - (end - begin - first) / length)
        if hits := bisect_left(units, end) - bisect_left(units, begin):
            yield case, either if method == "cell" else size(case) / length, hits if money else None


def rows(found):  # as a manifest lists them; one older than its word for the method lists no probability
    for n, (case, chance, hits) in enumerate(found, start=1):
        more = {"probability": str(chance)} if "method" in design else {}
        yield {"order": n, **case, "ticket": ticket(case["key"])} | more | ({"hits": hits} if hits else {})


drawn, behind = [], []
for name, take in takes.items():
    part, label = [case for case in cases if case["stratum"] == name], f"|{name}" if name else ""
    if method in ("random", "sequential Poisson"):
        found = smallest(part, take) if take else []
        drawn, behind = drawn + found[:take], behind + found[take:]
    elif take:
        drawn += clusters(part, take) if method in ("cluster", "two-stage") else intervals(part, take, label)
if method == "random":  # in one order over all strata
    drawn, behind = (sorted(found, key=lambda one: rank(one[0])) for found in (drawn, behind))
drawn, behind = list(rows(drawn)), list(rows(behind))

holds = {
    "frame, digest": frame["digest"] == sha256(b"".join(line + b"\n" for line in lines)).hexdigest(),
    "frame, size": frame["size"] == len(cases) == frame["universe"] - sum(one["cases"] for one in frame["exclusions"]),
    "design, strata": [(part["stratum"], part["size"]) for part in design["strata"]] == sizes,
    "design, size": design["size"] == sum(takes.values()),
    "design, certain": all((name, takes.get(name)) in sizes for name in design.get("certain", [])),
    "seed, chosen": datetime.fromisoformat(frame["fixed"]) <= datetime.fromisoformat(seed["chosen"]),
    "extended from": all(one["cases"] <= len(drawn) and one["because"] for one in made.get("extended from", [])),
}
for what, given, again in (("cases", listed, drawn), ("spares", made.get("spares", []), behind)):
    holds |= {f"{what}, {n}": one == two for n, (one, two) in enumerate(zip_longest(given, again), start=1)}
stands = {case["order"]: case for case in drawn}
for n, one in enumerate(made.get("replaced", []), start=1):  # by the next spare of the stratum, with a reason
    case = stands.get(one["order"], {})
    spare = next((spare for spare in behind if spare["stratum"] == case.get("stratum")), {})
    right = case.get("key"), spare.get("key"), spare.get("order"), True
    holds[f"replaced, {n}"] = right == (one["key"], one["by"], one["spare"], bool((one["because"] or "").strip()))
    stands[one["order"]], behind = spare, [other for other in behind if other != spare]
wrong = [f"{what}: not as computed" for what, is_so in holds.items() if not is_so]
print("\n".join(wrong or ["the same"]))
sys.exit(bool(wrong))
