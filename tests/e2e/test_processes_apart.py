"""One licence through processes that have only their own keys: issued, claimed, verified, ended.

PostgreSQL, Redis and the chain are real; every process is an operating-system process of its own,
with the folder that `anzheng authority keys deal` made for it.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.apart import ANZHENG, CEREMONY_PASSWORD, ROOT, Apart, taken_apart, until
from tests.fakes import postgresql
from tests.fakes.ports import free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tools("pg_createcluster", "redis-server"),
    pytest.mark.xdist_group("apart"),
]

AUTHORITY = "1121000000TXT1047K"
OFFICERS = (f"{AUTHORITY}-1", f"{AUTHORITY}-2")
KEYS = {
    "signer": {
        *("issuing", "holder-ca", "tsa"),
        *(f"signer-{AUTHORITY}", f"manifest-{AUTHORITY}"),
    },
    "anchor": {
        *("tuf-online", "witness-audit.example", "witness-press.example"),
        *(f"log-{AUTHORITY}", f"status-{AUTHORITY}", f"manifest-{AUTHORITY}"),
        *(f"account-{AUTHORITY}-anchor", f"account-{AUTHORITY}-propose"),
    },
    "confirmer": {f"account-{AUTHORITY}-confirm"},
    "console": set(),
}


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    """All processes, running."""
    home = tmp_path_factory.mktemp("apart")
    rows = json.loads((ROOT / "samples" / "roster.json").read_text("utf-8"))
    roster = home / "roster.json"
    roster.write_text(json.dumps([row for row in rows if row["issuer_code"] == AUTHORITY]))
    with postgresql.running() as server, taken_apart(home, server, roster) as world:
        # Nobody runs where the ceremony was held; its keys are put away.
        start_all(world)
        yield world


def start_all(world: Apart) -> None:
    """Start every process with what is its own."""
    redis = free_port()
    options = ("--port", str(redis), "--save", "", "--appendonly", "no", "--bind", "127.0.0.1")
    world.start("redis", "redis-server", *options, health=None)
    for role in ("signer", "anchor", "confirmer"):
        health = f"{world.url('signer')}/health/live" if role == "signer" else None
        world.start(role, *ANZHENG, "worker", "--role", role, health=health)
    for who, part in (
        ("registry", "registry"),
        ("console-server", "console"),
        ("wallet", "wallet"),
    ):
        port = world.url(who).rpartition(":")[2]
        alive = f"{world.url(who)}/health/live"
        world.start(who, *ANZHENG, "serve", part, "--port", port, health=alive)
    world.start(
        "verifier",
        *(sys.executable, "-m", "verifier.service", "run"),
        health=f"{world.url('verifier')}/healthz",
        more={
            "ANZHENG_VERIFIER_LISTEN_PORT": world.url("verifier").rpartition(":")[2],
            "ANZHENG_VERIFIER_TRUST_FOLDER": str(world.home / "verifier" / "trust"),
            "ANZHENG_VERIFIER_STATE_DIR": str(world.home / "verifier" / "state"),
            "ANZHENG_VERIFIER_REGISTRY_URL": world.url("registry"),
            "ANZHENG_VERIFIER_REDIS_URL": f"redis://127.0.0.1:{redis}/0",
            "ANZHENG_VERIFIER_TRUST_REFRESH_SECONDS": "10",
        },
    )


def console(world: Apart, path: str) -> object:
    """Ask the console."""
    return httpx.get(f"{world.url('console-server')}{path}", timeout=120).raise_for_status().json()


def counts(world: Apart, state: str) -> int:
    """Return how many licences stand there."""
    told = console(world, "/v1/counts")
    assert isinstance(told, dict)
    return int(told.get(state, 0))


def officer(world: Apart, number: int) -> tuple[str, ...]:
    """Return the options with which an officer signs, with a key of their own."""
    key = world.home / "ceremony" / "keys" / f"officer-{OFFICERS[number]}.pem"
    return ("--officer", OFFICERS[number], "--key", str(key))


@pytest.fixture(scope="module")
def claimed(apart: Apart) -> Path:
    """Issue the roster and let the enterprise claim: the folder with what it got."""
    home, statement = apart.home, str(apart.home / "release.json")
    apart.run("console", "import", str(home / "roster.json"))
    apart.run("console", "release", "draft", AUTHORITY, statement)
    for number in (0, 1):
        signing = officer(apart, number)
        apart.run("console", "release", "sign", statement, *signing, password=CEREMONY_PASSWORD)
    apart.run("console", "release", "submit", statement)
    until("the licence", lambda: counts(apart, "published"))
    with apart.database.connect(apart.name) as connection:
        row = connection.execute("SELECT encode(leaf, 'hex') FROM licence").fetchone()
    assert row is not None
    code = apart.run("console", "authority", "claim-code", str(row[0]))["code"]
    ended = subprocess.run(
        [
            *(*ANZHENG, "wallet", "claim", code, "--wallet", str(home / "wallet-folder")),
            *("--registry", apart.url("wallet"), "--trust", str(home / "anchor" / "trust")),
            "--json",
        ],
        cwd=ROOT,
        env=apart.environment("holder") | {"ANZHENG_WALLET_PASSWORD": "the holder's own"},
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, (ended.stdout, ended.stderr)
    return home / "wallet-folder"


def verdict(world: Apart, wallet: Path) -> tuple[str, frozenset[str]]:
    """Let the verifier's service judge the file in the wallet."""
    (pdf,) = wallet.rglob("*.pdf")
    answer = httpx.post(
        f"{world.url('verifier')}/v1/verifications",
        content=pdf.read_bytes(),
        headers={"Content-Type": "application/pdf"},
        timeout=300,
    ).raise_for_status()
    report = answer.json()
    return report["verdict"], frozenset(each["code"] for each in report["checks"])


def test_each_process_has_its_own_keys_and_no_other(apart: Apart) -> None:
    for who, names in KEYS.items():
        folder = apart.home / who / "keys"
        assert {place.stem for place in folder.glob("*.pem")} == names, who
    for who in ("registry", "wallet", "verifier"):
        assert not list((apart.home / who).rglob("*.pem")), who


def test_a_licence_is_issued_claimed_verified_suspended_and_revoked(
    apart: Apart, claimed: Path
) -> None:
    # The service asks the registry for the newest lists on its own.
    until("a valid verdict", lambda: verdict(apart, claimed)[0] == "valid")
    ready = httpx.get(f"{apart.url('verifier')}/readyz", timeout=120)
    assert ready.status_code == 200, ready.text
    with apart.database.connect(apart.name) as connection:
        row = connection.execute("SELECT encode(leaf, 'hex') FROM licence").fetchone()
    assert row is not None
    leaf, place = str(row[0]), str(apart.home / "decision.json")
    more = ("--document", "(示例)1号", "--ground", "示例", "--decision", place)

    decided = apart.run(
        *("console", "status", "decide", "suspended", leaf, *more, *officer(apart, 0)),
        password=CEREMONY_PASSWORD,
    )
    until("the suspension", lambda: on_chain(apart, decided["decision"]))
    until("its verdict", lambda: "STATUS_SUSPENDED" in verdict(apart, claimed)[1])

    decided = apart.run(
        *("console", "status", "decide", "revoked", leaf, *more, *officer(apart, 0)),
        password=CEREMONY_PASSWORD,
    )
    signing = officer(apart, 1)
    apart.run("console", "status", "confirm", place, *signing, password=CEREMONY_PASSWORD)
    until("the confirmation", lambda: on_chain(apart, decided["decision"]))
    until("its verdict", lambda: "STATUS_REVOKED" in verdict(apart, claimed)[1])
    # It was the confirmer that confirmed: nobody else has the account's key.
    assert (apart.home / "confirmer" / "confirmer.sqlite3").is_file()
    assert not (apart.home / "anchor" / "confirmer.sqlite3").exists()


def on_chain(world: Apart, decision: str) -> bool:
    """Say whether the chain has a decision."""
    told = console(world, f"/v1/decisions/{decision}")
    assert isinstance(told, dict)
    assert told["waits_for_a_person"] is None, told
    return bool(told["state"] == "on_chain")


def test_no_process_died_and_none_met_a_key_that_it_lacks(apart: Apart, claimed: Path) -> None:
    assert claimed.is_dir()
    for who, process in apart.running.items():
        assert process.poll() is None, (who, apart.log(who))
        for wrong in ("KEY_URI", "KEY_LOCKED", "INTERNAL", "Traceback"):
            assert wrong not in apart.log(who), (who, apart.log(who))


def test_a_folder_with_another_process_s_keys_is_not_dealt_to(apart: Apart) -> None:
    password = apart.home / "anchor.password"
    copy = apart.home / "mixed"
    shutil.copytree(apart.home / "signer" / "keys", copy / "keys")
    told = apart.run(
        *("ceremony", "authority", "keys", "deal", "anchor", str(copy)),
        *("--password-file", str(password)),
        password=CEREMONY_PASSWORD,
        good=1,
    )
    assert told["code"] == "CONFLICT"
