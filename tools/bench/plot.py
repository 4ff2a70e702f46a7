"""Pictures beside `results.json`: how far each measure is from its goal, and memory over a run."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from tools.bench.lists import Size
from tools.bench.many import Point
from tools.bench.measures import Measure

GOOD, BAD, TARGET = "#3a8f4d", "#b5403a", "#5b6b7a"
FORMATS = (".svg", ".png")
TWO = "two"


def plot_measures(measures: Sequence[Measure], path: Path) -> None:
    """Draw one bar a measure: times better than its goal; a mark stands at its target."""
    # Not through pyplot: no window system, no state outside this function.
    figure = Figure(figsize=(9, 0.5 * len(measures) + 1.6), layout="constrained")
    axes = figure.subplots()
    names = [f"{each.name} ({each.unit})" for each in measures]
    ratios = [_better(each.value, each.limit, each) for each in measures]
    bars = axes.barh(names, ratios, color=[GOOD if each.reached else BAD for each in measures])
    axes.bar_label(bars, [f" {each.value:,.2f}" for each in measures])
    targets = [_better(each.target, each.limit, each) for each in measures]
    axes.scatter(targets, range(len(measures)), marker="|", s=400, color=TARGET, zorder=3)
    axes.axvline(1, color="black", linewidth=1)
    axes.invert_yaxis()
    axes.set_xlim(0, max((*ratios, *targets)) * 1.2)
    axes.set_xlabel("times better than the goal; grey mark: target of DESIGN 7")
    _save(figure, path)


def plot_ruler(measures: Sequence[Measure], path: Path) -> None:
    """Draw what steps cost in bare RSA-2048 signatures, and how near to them processes get."""
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(2, 1))
    steps = [each for each in measures if each.unit == "ms" and _ruled(each)]
    costs = [_of_peer(each) * (2 if TWO in _peer(each) else 1) for each in steps]
    left.bar_label(left.bar([each.name for each in steps], costs, color=TARGET), fmt="%.1f")
    left.set_ylabel("bare RSA-2048 signatures")
    rates = [each for each in measures if each.unit == "files/s" and _ruled(each)]
    parts = [100 * _of_peer(each) for each in rates]
    right.bar_label(right.bar([each.name for each in rates], parts, color=GOOD), fmt="%.0f %%")
    right.axhline(100, color="black", linewidth=1)
    right.set_ylabel("% of the bare two signatures a file")
    _save(figure, path)


def _ruled(measure: Measure) -> bool:
    return "bare RSA" in _peer(measure)


def _peer(measure: Measure) -> str:
    return measure.peer.name if measure.peer else ""


def _of_peer(measure: Measure) -> float:
    return measure.value / measure.peer.value if measure.peer else 0.0


def plot_memory(points: Sequence[Point], path: Path) -> None:
    """Draw memory over licences: of the process that signs, and of the largest press."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots()
    licences = [each.licences for each in points]
    axes.plot(licences, [each.signer for each in points], color=GOOD, label="signer")
    axes.plot(licences, [each.press for each in points], color=TARGET, label="largest press")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("licences signed in one run")
    axes.set_ylabel("resident set, MiB")
    axes.legend(loc="lower right")
    _save(figure, path)


def plot_lists(sizes: Sequence[Size], path: Path) -> None:
    """Draw what the lists of ten million licences have, over the share that is not valid."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots()
    shares = [each.percent for each in sizes]
    for name, kilobytes, colour in (
        ("all lists as JWT", [each.jwt / 1_000 for each in sizes], BAD),
        ("all lists as CWT", [each.cwt / 1_000 for each in sizes], GOOD),
        ("1,000 changes as deltas", [each.delta / 1_000 for each in sizes], TARGET),
    ):
        axes.plot(shares, kilobytes, color=colour, marker="o", label=name)
        axes.annotate(f" {kilobytes[-1]:,.0f} kB", (shares[-1], kilobytes[-1]), va="center")
    axes.set_yscale("log")
    axes.set_xlim(0, shares[-1] * 1.12)
    axes.set_xlabel("% of 10,000,000 licences that are not valid")
    axes.set_ylabel("kB (logarithmic)")
    axes.grid(visible=True, axis="y", alpha=0.3)
    axes.legend(loc="center right")
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    for suffix in FORMATS:
        figure.savefig(path.with_suffix(suffix), dpi=110)


def _better(value: float, against: float, measure: Measure) -> float:
    return value / against if measure.at_least else against / value
