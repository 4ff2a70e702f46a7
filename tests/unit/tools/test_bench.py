"""What the bench makes of its numbers."""

import json
from pathlib import Path

import pytest

from tools.bench import gas, lists
from tools.bench.many import Point, Run, measures
from tools.bench.measures import Measure, Peer, side_by_side, write
from tools.bench.plot import plot_lists


def _run(*memory: float) -> Run:
    return Run(len(memory), 2.0, tuple(Point(n, mib, 100.0) for n, mib in enumerate(memory)))


def test_flat_memory_does_not_grow_whatever_the_beginning() -> None:
    assert _run(50, 70, *[100] * 18).growth == 1


def test_memory_that_grows_shows() -> None:
    assert _run(*range(100, 200)).growth == pytest.approx(194.5 / 124.5)
    (growth,) = (each for each in measures(_run(*range(100, 200))) if "growth" in each.name)
    assert not growth.reached


def test_works_take_turns() -> None:
    done: list[str] = []
    taken = side_by_side((lambda: done.append("a"), lambda: done.append("b")), 3)
    assert "".join(done) == "abababab"
    assert all(each >= 0 for each in taken)


def test_a_measure_is_stored_with_its_ratios(tmp_path: Path) -> None:
    measure = Measure(
        "sign_ms", 0.5, "ms", limit=1, target=1, at_least=False, peer=Peer("bare", 0.4), note=""
    )
    write([measure], tmp_path / "results.json", licences=3)
    stored = json.loads((tmp_path / "results.json").read_text())
    found = stored["results"]["sign_ms"]
    assert (found["ratio_to_limit"], found["ratio_to_peer"]) == (0.5, 1.25)
    assert found["reached"]
    assert stored["run"] == {"licences": 3}


def test_gas_of_a_licence_is_read_from_the_table_of_the_contract() -> None:
    rows = gas.read_table(gas.TABLE.read_text("utf-8"))
    assert rows["anchor, next batch", 10_000] > 21_000
    (measure,) = gas.measures()
    assert measure.reached


def test_lists_grow_with_their_share_and_deltas_do_not(tmp_path: Path) -> None:
    small, large = lists.sizes((0.1, 1))
    assert small.cwt < large.cwt < large.jwt
    assert abs(small.delta - large.delta) < small.delta / 10
    plot_lists((small, large), tmp_path / "lists")
    assert (tmp_path / "lists.svg").stat().st_size > 1_000
