"""A picture of the measures beside `results.json`: how far each is from its goal and its target."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from tools.bench.measures import Measure

GOOD, BAD, TARGET = "#3a8f4d", "#b5403a", "#5b6b7a"


def is_possible() -> bool:
    """Say whether matplotlib is here; it is none of our requirements, the numbers do without."""
    return importlib.util.find_spec("matplotlib") is not None


def plot(measures: Sequence[Measure], path: Path) -> None:
    """Draw one bar a measure: times better than its goal; a mark stands at its target."""
    import matplotlib as mpl  # noqa: PLC0415 - only where it is installed

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the backend is chosen

    figure, axes = plt.subplots(figsize=(9, 0.7 * len(measures) + 1.6), layout="constrained")
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
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _better(value: float, against: float, measure: Measure) -> float:
    return value / against if measure.at_least else against / value
