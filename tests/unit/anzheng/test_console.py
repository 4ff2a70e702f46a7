"""The console's API: decisions, counts and alarms; it changes nothing and needs no key."""

import pytest

from anzheng.alarms import StandingAlarms
from anzheng.console import ConsoleParts, create_console, open_console
from anzheng.settings import load_public
from anzheng.store.database import Store
from licence.domain.status import StatusWord
from licence.errors import Code
from tests.fakes.clock import FakeClock
from tests.fakes.web import AppClient
from tests.unit.anzheng.test_flows_status_chain import AUTHORITY, LEAVES, Desk, desk

__all__ = ["desk"]


@pytest.fixture
def client(store: Store, clock: FakeClock) -> AppClient:
    """The console of this database."""
    return AppClient(create_console(ConsoleParts(store, clock)))


def test_a_decision_is_shown_until_the_chain_has_it(desk: Desk, client: AppClient) -> None:
    revoked = desk.decide(0, StatusWord.REVOKED)
    (shown,) = client.get("/v1/decisions", params={"authority": AUTHORITY}).json()
    assert (shown["decision"], shown["word"], shown["state"]) == (
        revoked.digest.hex(),
        "REVOKED",
        "decided",
    )
    assert shown["officers"] == ["a"]
    assert client.get(f"/v1/decisions/{revoked.digest.hex()}").json() == shown


def test_counts_and_alarms_are_those_of_the_database(
    desk: Desk, client: AppClient, clock: FakeClock
) -> None:
    assert client.get("/v1/counts").json() == {"signed": len(LEAVES)}
    assert client.get("/v1/alarms").json() == []
    StandingAlarms(desk.store, clock).rise("clock", Code.CLOCK_WRONG, "wrong")
    (alarm,) = client.get("/v1/alarms").json()
    assert (alarm["about"], alarm["code"]) == ("clock", "CLOCK_WRONG")


def test_what_is_not_known_or_no_digest_is_said(client: AppClient) -> None:
    assert client.get(f"/v1/decisions/{'0' * 64}").status_code == 404
    assert client.get("/v1/decisions/zz").status_code == 400
    assert client.get("/v1/decisions", params={"authority": "x" * 19}).status_code == 422


def test_it_is_ready_while_the_database_is(desk: Desk, client: AppClient) -> None:
    desk.decide(0, StatusWord.REVOKED)
    ready = client.get("/health/ready").json()
    assert ready["waiting_for_a_person"] == {"decisions": 0, "licences": 0}


def test_it_cannot_write(desk: Desk, clock: FakeClock) -> None:
    url = str(desk.store._engine.url)
    with open_console(load_public(database_url=url), clock) as parts:
        answer = AppClient(create_console(parts)).get("/v1/counts")
        assert answer.json() == {"signed": len(LEAVES)}
        with pytest.raises(Exception, match="STORE_FAILED"), parts.store.write() as unit:
            unit.outbox.add("topic", "key", clock.now())
