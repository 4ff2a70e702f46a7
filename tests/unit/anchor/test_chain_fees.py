"""What is paid for a transaction: a quarter more each time, under a cap, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchor.chain.fees import FeePolicy, fee_fields, gas_field, price_now
from licence.errors import AnzhengError, Code
from tests.fakes.refusal import refuses

GWEI = 10**9
prices = st.integers(1, 400 * GWEI)


class Quotes:
    """A node that says what gas costs; without a base fee unless one is given."""

    def __init__(self, price: int, base: int | None = None) -> None:
        self.price = price
        self.block = {"number": "0x1", "gasLimit": hex(30_000_000)}
        if base is not None:
            self.block["baseFeePerGas"] = hex(base)
        self.asked: list[str] = []

    def ask(self, method: str, *params: object) -> object:
        del params
        self.asked.append(method)
        return {"eth_getBlockByNumber": self.block, "eth_gasPrice": hex(self.price)}[method]

    def quantity(self, method: str, *params: object) -> int:
        return int(str(self.ask(method, *params)), 16)

    def octets(self, method: str, *params: object) -> bytes:
        return bytes.fromhex(str(self.ask(method, *params)))

    def each(self, method: str, *params: object) -> tuple[object, ...]:
        return (self.ask(method, *params),)

    def close(self) -> None:
        self.asked.clear()


@given(prices, st.integers(0, 8))
def test_every_version_pays_a_quarter_more_until_the_cap(price: int, version: int) -> None:
    policy = FeePolicy()
    now, then = (policy.raised(price, each) for each in (version, version + 1))
    assert now <= then <= policy.max_gas_price_wei
    # Nodes replace a transaction for a tenth more, and nothing less.
    assert then == policy.max_gas_price_wei or then * 10 > now * 11


@given(st.integers(0, 20))
def test_free_stays_free(version: int) -> None:
    assert fee_fields(Quotes(0), FeePolicy(), version) == {"gasPrice": 0}
    free = {"type": 2, "maxFeePerGas": 0, "maxPriorityFeePerGas": 0}
    assert fee_fields(Quotes(0, base=0), FeePolicy(), version) == free


@given(prices, st.integers(0, 8))
def test_base_fee_and_tip_are_both_raised(base: int, version: int) -> None:
    policy = FeePolicy()
    found = fee_fields(Quotes(0, base=base), policy, version)
    assert base <= found["maxFeePerGas"] <= policy.max_gas_price_wei
    assert found["maxPriorityFeePerGas"] == min(
        policy.raised(policy.tip_wei, version), found["maxFeePerGas"]
    )


def test_a_history_of_fees_is_never_asked_for() -> None:
    for quotes in (Quotes(5), Quotes(5, base=7)):
        fee_fields(quotes, FeePolicy(), 3)
        assert set(quotes.asked) <= {"eth_getBlockByNumber", "eth_gasPrice"}


def test_a_base_fee_of_zero_is_free_whatever_is_recommended() -> None:
    assert [price_now(Quotes(5)), price_now(Quotes(5, base=0)), price_now(Quotes(5, base=7))] == [
        5,
        0,
        5,
    ]


def test_one_gas_price_where_it_is_wanted() -> None:
    assert fee_fields(Quotes(5, base=7), FeePolicy(legacy=True), 0) == {"gasPrice": 5}


@pytest.mark.parametrize("quotes", [Quotes(501 * GWEI), Quotes(1, base=501 * GWEI)])
def test_more_than_the_cap_is_not_paid(quotes: Quotes) -> None:
    with refuses(Code.CHAIN_FEES):
        fee_fields(quotes, FeePolicy(), 0)


@given(st.integers(21_000, 60_000_000), st.integers(5_000_000, 30_000_000))
def test_gas_has_a_margin_that_a_block_still_holds(estimate: int, limit: int) -> None:
    newest = {"gasLimit": hex(limit)}
    if estimate > limit:
        with pytest.raises(AnzhengError) as caught:
            gas_field(newest, estimate)
        assert caught.value.facts["reason"] == "GasOverBlockLimit"
        return
    assert gas_field(newest, estimate) == min(estimate * 5 // 4, limit)
