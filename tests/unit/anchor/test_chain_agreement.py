"""What makes two nodes' answers the same, and at which block they are asked."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchor.chain.agreement import BLOCK, LOGS, RECEIPT, essence, height_of, pinned

HEIGHT = 300


@pytest.mark.parametrize(
    ("method", "params", "asked"),
    [
        ("eth_call", ({"to": "0x1"}, "latest"), ({"to": "0x1"}, "0x12c")),
        ("eth_call", ({"to": "0x1"}, "0x5"), ({"to": "0x1"}, "0x5")),
        ("eth_getProof", ("0x1", [], "latest"), ("0x1", [], "0x12c")),
        (BLOCK, ("latest", False), ("0x12c", False)),
        (BLOCK, ("0x0", False), ("0x0", False)),
        ("eth_chainId", (), ()),
        (LOGS, ({"fromBlock": "0x1"},), ({"fromBlock": "0x1", "toBlock": "0x12c"},)),
        (LOGS, ({"toBlock": "latest"},), ({"toBlock": "0x12c"},)),
        (LOGS, ({"toBlock": "0x5"},), ({"toBlock": "0x5"},)),
        (LOGS, ({"toBlock": "0xffff"},), ({"toBlock": "0x12c"},)),
        (LOGS, ({"blockHash": "0xaa"},), ({"blockHash": "0xaa"},)),
    ],
)
def test_the_newest_block_is_the_common_one(
    method: str, params: tuple[Any, ...], asked: tuple[Any, ...]
) -> None:
    before = repr(params)
    assert pinned(method, params, HEIGHT) == asked
    assert repr(params) == before


@pytest.mark.parametrize(
    ("method", "params", "height"),
    [
        (BLOCK, ("0x5", False), 5),
        (BLOCK, ("latest", False), None),
        ("eth_call", ({}, "0x7"), 7),
        ("eth_call", ({},), None),
        (LOGS, ({"toBlock": "0x9"},), 9),
        (LOGS, ({"toBlock": "latest"},), None),
        (LOGS, ({},), None),
        ("eth_chainId", (), None),
    ],
)
def test_a_block_that_is_asked_about_by_number(
    method: str, params: tuple[Any, ...], height: int | None
) -> None:
    assert height_of(method, params) == height


def test_trimmings_of_a_client_are_no_difference() -> None:
    plain = {"hash": "0xab", "number": "0x1", "extraData": "0x01"}
    other = {"hash": "0xAB", "number": "0x1", "extraData": "0x02", "size": "0x9", "uncles": []}
    assert essence(BLOCK, plain) == essence(BLOCK, other)
    assert essence("eth_getBalance", "0x05") == essence("eth_getBalance", "0x5")
    assert essence("eth_call", "0xAB") == essence("eth_call", "0xab")


@pytest.mark.parametrize(
    ("method", "one", "other"),
    [
        (BLOCK, {"hash": "0xab"}, {"hash": "0xac"}),
        (BLOCK, {"hash": "0xab", "timestamp": "0x1"}, {"hash": "0xab", "timestamp": "0x2"}),
        (BLOCK, {"hash": "0xab"}, None),
        (RECEIPT, {"status": "0x1"}, {"status": "0x0"}),
        (RECEIPT, None, {"status": "0x1"}),
        (LOGS, [], [{"address": "0x1"}]),
        (LOGS, [{"data": "0x1"}, {"data": "0x2"}], [{"data": "0x2"}, {"data": "0x1"}]),
        ("eth_call", "0x05", "0x5"),
        ("eth_getBalance", "0x5", "0x6"),
        ("eth_getProof", {"storageHash": "0x1"}, {"storageHash": "0x2"}),
    ],
)
def test_other_facts_are_another_answer(method: str, one: object, other: object) -> None:
    assert essence(method, one) != essence(method, other)


@given(
    st.sampled_from([BLOCK, RECEIPT, LOGS, "eth_getProof", "eth_call", "eth_getBalance"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
)
def test_whatever_a_node_answers_can_be_compared(method: str, value: object) -> None:
    assert essence(method, value) == essence(method, value)
