"""Every ratio on one page: a table and a figure of what was measured, what must hold and what is aimed at.

`python benchmarks/overview.py` reads what the benchmarks wrote, and writes docs/benchmarks/README.md and ratios.svg.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from ratios import PAGES, Target, machines, measured, read, shown, targets

from audit import formatting
from audit.reporting.figures.canvas import (
    INK,
    MARGIN,
    MUTED,
    ORANGE,
    RULE,
    WIDTH,
    Caption,
    add_plot_area,
    apply_style,
    render_svg,
    shorten_text,
    start_figure,
)
from audit.reporting.figures.marks import HOLLOW_MARK, draw_key, make_mark

ROW, GAP, SIZE = 0.19, 0.09, 8.0  # inches a row and between benchmarks, points of text
OURS, BASELINE, NUMBER = 2.15, 1.5, 0.45  # inches of the columns beside the plot
BOUND: dict[str, Any] = {
    "marker": "|",
    "markersize": 9,
    "markeredgewidth": 1.4,
    "color": MUTED,
    "linestyle": "none",
    "zorder": 5,
}
AIM = HOLLOW_MARK | {"linestyle": "none"}
Found = Mapping[tuple[str, str], float]


def caption(wanted: list[Target], found: Found, software: str) -> Caption:
    """The words of the figure."""
    rated = rows(wanted, found)
    held = sum(ratio <= one.most for one, ratio in rated)
    aims = [ratio <= one.aim for one, ratio in rated if one.aim is not None]
    first, last = (end(rated, key=lambda row: row[1]) for end in (min, max))
    ends = [f"{shown(ratio)} ({one.ours}, beside {one.baseline})" for one, ratio in (first, last)]
    n, quicker = len(rated), sum(ratio <= 1 for _, ratio in rated)
    return Caption(
        title=f"{'All' if held == n else f'{held} of'} {n} ratios hold their bounds; "
        f"aims reached: {sum(aims)} of {len(aims)}",
        subtitle="This project’s time or memory as a multiple of the baseline’s, log scale; less is better",
        note=f"Medians of as many runs as the table says, ours and the baseline in turn on one machine: {software}. "
        "What a baseline does is said on its benchmark’s page.",
        alt=f"Dot plot of {n} ratios from {ends[0]} to {ends[1]}; {quicker} are at or below their baseline.",
    )


def draw(wanted: list[Target], found: Found, software: str) -> Figure:
    """A row a ratio: its dot, its bound as a tick, and its aim, where there is one, as a hollow dot."""
    rated = rows(wanted, found)
    height = len(rated) * ROW + len({one.benchmark for one, _ in rated}) * GAP + 0.65
    with apply_style():
        figure, body = start_figure(height, caption(wanted, found, software))
        left, width = MARGIN + OURS + BASELINE, WIDTH - 2 * MARGIN - OURS - BASELINE - NUMBER
        top = draw_key(body, [(make_mark(""), "measured"), (BOUND, "must hold"), (AIM, "aim")], top=height) - 0.2
        for x, words in ((MARGIN, "this project"), (MARGIN + OURS, "baseline"), (WIDTH - MARGIN - 0.27, "ratio")):
            body.text(x, top + 0.08, words, fontsize=SIZE, color=MUTED, va="center_baseline")
        plot = add_plot_area(body, left, 0.25, width, top - 0.25)
        plot.set(xscale="log", xlim=_span(rated), ylim=(0.25, top), yticks=[])
        plot.set_xticks([10.0**n for n in range(-4, 4) if _span(rated)[0] <= 10**n <= _span(rated)[1]])
        plot.xaxis.set_major_formatter(lambda ratio, _: "1" if ratio == 1 else shown(ratio))
        plot.tick_params(labelsize=SIZE)
        plot.minorticks_off()
        plot.grid(axis="x")
        plot.axvline(1, color=RULE, linewidth=1.2)
        y, last = top - ROW / 2, rated[0][0].benchmark
        for one, ratio in rated:
            y, last = y - (GAP if one.benchmark != last else 0), one.benchmark
            _row(body, plot, one, ratio, y)
            y -= ROW
    return figure


def _row(body: Axes, plot: Axes, one: Target, ratio: float, y: float) -> None:
    """The words, the marks and the number of one ratio."""
    style: dict[str, Any] = {"fontsize": SIZE, "va": "center_baseline"}
    body.text(MARGIN, y, shorten_text(one.ours, SIZE, width=OURS - 0.1), color=INK, **style)
    body.text(MARGIN + OURS, y, shorten_text(one.baseline, SIZE, width=BASELINE - 0.1), color=MUTED, **style)
    plot.plot([one.most], [y], **BOUND)
    if one.aim is not None:
        plot.plot(sorted([one.aim, ratio]), [y, y], color=RULE, linewidth=1)
        plot.plot([one.aim], [y], **AIM)
    plot.plot([ratio], [y], **make_mark("") | ({"markerfacecolor": ORANGE, "marker": "D"} if ratio > one.most else {}))
    body.text(WIDTH - MARGIN, y, shown(ratio), color=INK, fontweight="bold", ha="right", **style)


def _span(rated: list[tuple[Target, float]]) -> tuple[float, float]:
    """From below the least of all marks to above the greatest."""
    marks = [value for one, ratio in rated for value in (ratio, one.most, one.aim or 1)]
    return min(marks) / 1.6, max(marks) * 1.6


def rows(wanted: list[Target], found: Found) -> list[tuple[Target, float]]:
    """The targets that were measured, each with its ratio."""
    return [(one, found[one.benchmark, one.id]) for one in wanted if (one.benchmark, one.id) in found]


def page(wanted: list[Target], found: Found, software: str, runs: Mapping[str, int]) -> str:
    """What docs/benchmarks/README.md says."""
    words = caption(wanted, found, software)
    lines = ["| | beside | ratio | must hold | aim | runs |", "| --- | --- | --: | --: | --: | --: |"]
    for one, ratio in rows(wanted, found):
        aim = "" if one.aim is None else f"{shown(one.aim)}, {'reached' if ratio <= one.aim else 'not reached'}"
        failed = ", **not held**" if ratio > one.most else ""
        ours = f"[{one.benchmark}]({one.benchmark}.md): {one.ours}"
        lines.append(
            f"| {ours} | {one.baseline} | {shown(ratio)} | {shown(one.most)}{failed} | {aim} | {runs[one.benchmark]} |"
        )
    absent = [f"{one.benchmark}.{one.id}" for one in wanted if (one.benchmark, one.id) not in found]
    left_out = f"\nNot measured: {formatting.format_list(absent, most=len(absent))}.\n" if absent else ""
    return f"""# Benchmarks

Written by `make bench`, which fails where a ratio is above what must hold. Each ratio is this project's time (or peak
memory, where it says so) over the baseline's, medians of the same run on the same machine: no machine is too slow to
pass, and a change that makes this project slower is seen on any. What must hold is what was measured once with room for
noise; an aim stands beside it where we want less. Both are in
[`benchmarks/targets.toml`](../../benchmarks/targets.toml), the numbers behind each ratio beside its page as JSON.

![{words.title}. {words.alt}](ratios.svg)

{chr(10).join(lines)}
{left_out}
Machine: {software}.
"""


def main() -> None:
    """Write the page and its figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=Path, default=PAGES, help="folder of the JSON files, and to write to")
    folder = parser.parse_args().pages
    wanted, found, software = targets(), measured(folder), machines(folder)
    runs = {name: told["runs"] for name, told in read(folder).items()}
    (folder / "README.md").write_text(page(wanted, found, software, runs), encoding="utf-8")
    (folder / "ratios.svg").write_bytes(render_svg(draw(wanted, found, software)))


if __name__ == "__main__":
    main()
