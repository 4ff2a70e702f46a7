"""Another contract takes over: what was anchored stays valid, what was suspended stays suspended.

Licences are issued, one is suspended and one revoked; then the second contract takes over. The
chain is anvil, the verifier judges. The same again with the first release's code in the place of
the old contract: its storage is the same, its calls are not.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from anchor.calls import AnchorCall
from anchor.chain.account import EvmAccount, address_of_key
from anchor.chain.admin import Administrator
from anchor.chain.artifact import FORMER_ARTIFACTS, load_artifact
from anchor.chain.evm import EvmChain
from anchor.chain.node import hexed
from anchor.ports import Right, Transaction
from anchor.status_writer import read_statuses
from anzheng import estate as estates
from anzheng import keyring as keyrings
from anzheng.chain_truth import check_chain
from anzheng.cli import run
from anzheng.contracts import open_contract
from anzheng.demo.world import sample_rows
from anzheng.flows import release as releasing
from anzheng.flows import status as deciding
from anzheng.flows import succession
from anzheng.flows.anchor import BatchRule
from anzheng.flows.establish import ADMIN_KEY
from anzheng.flows.roster import Row
from anzheng.flows.samples import many_rows
from anzheng.jobs import run_until_quiet
from anzheng.keyfiles import KeyKind
from anzheng.settings import load
from anzheng.store.licences import FlowState
from anzheng.trial import set_up_in, specs_of
from anzheng.wiring import Installation, attach, open_base
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats import evidence
from licence.formats import release as formats
from licence.formats.manifest import ManifestDigest
from licence.formats.verdict import Verdict
from licence.ids import AuthorityId, Leaf, MerkleRoot, StatusIndex
from tests.fakes.devchain import ANVIL
from tests.fakes.refusal import refuses
from verifier.policy import BATCH
from verifier.trust import load_trust
from verifier.verify import verify_many

pytestmark = pytest.mark.tools(str(ANVIL))

RULE = BatchRule(licences=10_000, seconds=0)
BEFORE = 4
FORMER = FORMER_ARTIFACTS / "LicenceRegistry-0.1.0.json"


@dataclass
class World:
    """A data folder, and what is still to be issued."""

    home: Path
    rows: tuple[Row, ...]

    @contextmanager
    def open(self) -> Iterator[Installation]:
        with open_base(load(data_dir=self.home)) as base, attach(base) as installation:
            yield installation

    def issue(self, installation: Installation, *rows: Row) -> None:
        base, (entry,) = installation.base, installation.estate.authorities
        assert base.preparer().import_roster(rows).problems == ()
        statement = releasing.draft(base.store, base.clock, base.entropy, entry.id)
        for officer in entry.officers:
            key = base.ring.open(keyrings.officer_key(officer.id))
            statement = releasing.sign(statement, officer.id, key)
        office = installation.offices.open(entry.id)
        releasing.submit(base.store, base.clock, office, formats.encode(statement))
        run_until_quiet(installation, RULE)

    def decide(self, installation: Installation, number: int, word: StatusWord) -> None:
        base, (entry,) = installation.base, installation.estate.authorities
        order = deciding.Order(self.leaf(installation, number), word, f"（示例）{number}号", "示例")
        drafted = deciding.draft(base.store, base.clock, order)
        for officer in entry.officers:
            key = base.ring.open(keyrings.officer_key(officer.id))
            drafted = deciding.sign(drafted, officer.id, key)
        deciding.decide(base.store, base.clock, drafted, entry.pinned_officers)
        run_until_quiet(installation, RULE)

    def leaf(self, installation: Installation, number: int) -> Leaf:
        with installation.base.store.read() as unit:
            row = unit.licences.in_state(FlowState.PUBLISHED)[number]
        assert row.leaf is not None
        return row.leaf

    def verdicts(self, installation: Installation) -> list[Verdict]:
        installation.publish_lists()
        now = installation.base.clock.now()
        trust = load_trust(installation.base.trust_folder, now=now)
        with installation.base.store.read() as unit:
            rows = unit.licences.in_state(FlowState.PUBLISHED)
        files = [installation.base.files.get(row.final_pdf) for row in rows if row.final_pdf]
        return [each.verdict for each in verify_many(files, trust, policy=BATCH, now=now)]


def words(installation: Installation, *contract: estates.ContractEntry) -> list[list[StatusWord]]:
    """Return what each contract says of the first licences."""
    estate = installation.estate
    indices = [StatusIndex(index) for index in range(BEFORE)]
    return [
        list(
            read_statuses(
                open_contract(estate, installation.chain, one), estate.authorities[0].id, indices
            )
        )
        for one in contract
    ]


RELEASES = ("the same release", "the first release")


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    home = tmp_path / "home"
    with open_base(load(data_dir=home)) as base:
        template = sample_rows("roster.json", base.clock.now())[0]
        rows = tuple(many_rows(BEFORE + 2, template, year=base.clock.now().year))
        set_up_in(base, specs_of(rows))
        made = World(home, rows)
        with attach(base) as installation:
            made.issue(installation, *rows[:BEFORE])
            made.decide(installation, 0, StatusWord.SUSPENDED)
            made.decide(installation, 1, StatusWord.REVOKED)
            if getattr(request, "param", RELEASES[0]) == "the first release":
                estate, former = installation.estate, load_artifact(FORMER)
                code = json.loads(FORMER.read_text())["runtime"]
                installation.chain.node.ask("anvil_setCode", hexed(estate.contract), code)
                estates.save(replace(estate, code_hash=former.code_hash), home)
    return made


def means_of(installation: Installation) -> succession.Means:
    return installation.handover(installation.base.ring.open(ADMIN_KEY).secret)


S, R, N = StatusWord.SUSPENDED, StatusWord.REVOKED, StatusWord.NONE


@pytest.mark.parametrize("world", RELEASES, indirect=True)
def test_old_licences_stay_what_they_are_and_new_ones_go_to_the_new_contract(world: World) -> None:
    with world.open() as installation:
        old = installation.estate.present
        means = means_of(installation)
        with refuses(Code.NOT_FOUND):
            succession.succeed(means)
        new = succession.deploy(means, load_artifact())
        assert succession.deploy(means, load_artifact()) == new
        assert words(installation, old, new) == [[S, R, N, N], [N, N, N, N]]
        frozen = succession.succeed(means)
        assert succession.succeed(means) == frozen
    assert frozen.address == old.address
    with world.open() as installation:
        estate = installation.estate
        assert estate.contracts == (frozen, replace(new, frozen_at=None))
        assert words(installation, frozen, new) == [[N, R, N, N], [S, N, N, N]]
        trust = load_trust(installation.base.trust_folder, now=installation.base.clock.now())
        (registry,) = trust.bundle.registries
        assert [(one.address, one.frozen_at) for one in registry.contracts] == [
            (old.address, frozen.frozen_at),
            (new.address, None),
        ]
        bad, good = Verdict.INVALID, Verdict.VALID
        assert world.verdicts(installation) == [bad, bad, good, good]
        world.issue(installation, world.rows[BEFORE])
        assert world.verdicts(installation) == [bad, bad, good, good, good]
        with installation.base.store.read() as unit:
            found = [
                evidence.decode(unit.anchors.evidence(world.leaf(installation, place)) or b"")
                for place in (2, BEFORE)
            ]
        assert [one.record.contract for one in found] == [old.address, new.address]
        world.decide(installation, 0, StatusWord.NONE)
        world.decide(installation, 2, StatusWord.REVOKED)
        assert world.verdicts(installation) == [good, bad, bad, good, good]


def test_frozen_contract_takes_nothing(world: World) -> None:
    with world.open() as installation:
        means = means_of(installation)
        succession.deploy(means, load_artifact())
        frozen = succession.succeed(means)
        old = open_contract(installation.estate, installation.chain, frozen)
        authority = installation.estate.authorities[0].id
        secret = installation.base.ring.open(keyrings.account_key(authority, "anchor")).secret
        call = AnchorCall(MerkleRoot(b"r" * 32), 1, ManifestDigest(b"m" * 32))
        with pytest.raises(AnzhengError) as caught:
            EvmAccount(old, secret).sign(call, nonce=99, version=0)
    assert caught.value.facts["reason"] == "Frozen"


class StoppedError(Exception):
    """The process ends here."""


def stopping(
    seen: set[str], step: Callable[..., object], name: Callable[..., str]
) -> Callable[..., object]:
    """Return the step that is done, and then is the last, the first time that it is done so."""

    def once(*given: object, **named: object) -> object:
        result = step(*given, **named)
        key = name(result, *given)
        if key not in seen:
            seen.add(key)
            raise StoppedError
        return result

    return once


def saved(_result: object, estate: estates.Estate) -> str:
    return f"save {estate.heir} {estate.former}"


def transacted(_result: object, _contract: object, data: bytes) -> str:
    return f"transact {data[:100].hex()}"


def advanced(transaction: Transaction, purpose: str, *_: object) -> str:
    return f"advance {purpose} {transaction.state}"


@pytest.mark.parametrize("world", RELEASES, indirect=True)
def test_stopped_after_every_step_and_done_again(world: World) -> None:
    seen: set[str] = set()
    stops = 0

    def attempt(act: Callable[[succession.Means], object]) -> bool:
        with world.open() as installation:
            means = means_of(installation)
            administrator, keeper = means.administrator, means.keeper
            transact = stopping(seen, administrator.transact, transacted)
            setattr(administrator, "transact", transact)  # noqa: B010
            save = stopping(seen, keeper.save, saved)
            stopped = SimpleNamespace(load=keeper.load, save=save)
            open_sender = means.sender

            def sender(authority: AuthorityId, chain: EvmChain) -> succession.Sends:
                made = open_sender(authority, chain)
                setattr(made, "advance", stopping(seen, made.advance, advanced))  # noqa: B010
                return made

            try:
                act(replace(means, keeper=stopped, sender=sender))
            except StoppedError:
                return False
        return True

    for act in (lambda means: succession.deploy(means, load_artifact()), succession.succeed):
        while not attempt(act):
            stops += 1
            assert stops < 60
    assert stops >= 9
    with world.open() as installation:
        frozen, new = installation.estate.contracts
        assert words(installation, frozen, new) == [[N, R, N, N], [S, N, N, N]]
        bad, good = Verdict.INVALID, Verdict.VALID
        assert world.verdicts(installation) == [bad, bad, good, good]


def test_what_officers_give_back_after_a_stop_is_free_in_both(world: World) -> None:
    with world.open() as installation:
        means = means_of(installation)
        old, new = installation.estate.present, succession.deploy(means, load_artifact())
        open_sender = means.sender

        def sender(authority: AuthorityId, chain: EvmChain) -> succession.Sends:
            made = open_sender(authority, chain)
            release = made.release

            def settled() -> None:
                release()
                if words(installation, new) == [[S, N, N, N]]:
                    raise StoppedError

            setattr(made, "release", settled)  # noqa: B010
            return made

        with pytest.raises(StoppedError):
            succession.succeed(replace(means, sender=sender))
        assert words(installation, old, new) == [[S, R, N, N], [S, N, N, N]]
    with world.open() as installation:
        world.decide(installation, 0, N)
        assert words(installation, old, new) == [[N, R, N, N], [S, N, N, N]]
        succession.succeed(means_of(installation))
    with world.open() as installation:
        assert words(installation, old, new) == [[N, R, N, N], [N, N, N, N]]
        bad, good = Verdict.INVALID, Verdict.VALID
        assert world.verdicts(installation) == [good, bad, good, good]


def test_what_a_former_account_did_in_the_old_contract_is_not_overlooked(world: World) -> None:
    with world.open() as installation:
        base, means = installation.base, means_of(installation)
        old, authority = installation.chain, installation.estate.authorities[0].id
        former = EvmAccount(old, base.ring.make("former", KeyKind.SECP256K1).secret)
        assert base.dev_chain is not None
        base.dev_chain.devnet.fund(former.address)
        means.administrator.set_account(old.contract, authority, former.address, Right.ANCHOR)
        call = AnchorCall(MerkleRoot(b"r" * 32), 1, ManifestDigest(b"m" * 32))
        old.send(former.sign(call, nonce=0, version=0))
        succession.deploy(means, load_artifact())
        succession.succeed(means)
    with world.open() as installation, refuses(Code.RECONCILE_NEEDED):
        check_chain(installation.base.store, installation.estate, installation.chain, authority)


def test_heir_that_lacks_an_authority_does_not_take_over(world: World) -> None:
    with world.open() as installation:
        means = means_of(installation)
        heir = means.administrator.deploy(load_artifact(), admin_delay_seconds=1)
        entry = estates.ContractEntry(heir.address, load_artifact().code_hash, heir.from_block)
        estates.save(replace(means.keeper.load(), heir=entry), world.home)
        with refuses(Code.CONFLICT):
            succession.succeed(means)


def test_accounts_and_delegations_of_the_heir_are_entered_by_hand(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(*words: str) -> dict[str, object]:
        run(["--data-dir", str(world.home), "chain", *words, "--json"])
        found: dict[str, object] = json.loads(capsys.readouterr().out)
        return found

    with world.open() as installation:
        authority = installation.estate.authorities[0].id
        key = installation.base.ring.make("delegator", KeyKind.SECP256K1)
        subject = address_of_key(key.secret)
        dev_chain = installation.base.dev_chain
        assert dev_chain is not None
        dev_chain.devnet.fund(subject)
        path = world.home / "keys" / "delegator.pem"
        means = means_of(installation)
        heir = succession.deploy(means, load_artifact())
        deputy = AuthorityId("11210000009876543X")
        means.administrator.register_authority(heir.address, deputy, daily_cap=1)
    assert path.is_file(), list((world.home / "keys").iterdir())
    said = answer("account", authority, f"0x{subject.hex()}", "--heir", "--right", "delegate")
    assert said == {"contract": heir.address.hex(), "rights": ["delegate"]}
    given = ("--right", "anchor", "--until", "2099-12-31T23:59:59+08:00")
    assert answer("delegate", deputy, "--heir", "--key", str(path), *given)["rights"] == ["anchor"]
    assert answer("delegate", deputy, "--heir", "--key", str(path))["rights"] == []
    for bad in (
        ("account", authority, "0x12", "--right", "anchor"),
        ("account", authority, f"0x{subject.hex()}", "--right", "everything"),
        ("delegate", deputy, "--key", str(path), "--right", "anchor", "--until", "tomorrow"),
    ):
        assert answer(*bad)["code"] == Code.REQUEST_INVALID.value


def test_running_worker_keeps_the_contracts_from_changing(world: World) -> None:
    with world.open() as installation:
        means = means_of(installation)
        succession.deploy(means, load_artifact())
        authority = installation.estate.authorities[0].id
        working = means.others(authority)[0]
        working.hold()
        with refuses(Code.LEASE_LOST):
            succession.succeed(means)
        working.release()
        succession.succeed(means)


def test_city_goes_on_in_the_provinces_name(world: World) -> None:
    """In the new contract the accounts are a city's, to which the province delegated."""
    city = AuthorityId("1121020000TXT10129")
    with world.open() as installation:
        world.decide(installation, 0, StatusWord.NONE)
        (entry,) = installation.estate.authorities
        acting = replace(installation.estate, authorities=(replace(entry, deputy=city),))
        estates.save(acting, world.home)
    with world.open() as installation:
        means, base = means_of(installation), installation.base
        heir = succession.deploy(means, load_artifact()).address
        with refuses(Code.CONFLICT):
            succession.succeed(means)
        secret = base.ring.make("delegator", KeyKind.SECP256K1).secret
        assert base.dev_chain is not None
        base.dev_chain.devnet.fund(address_of_key(secret))
        account = address_of_key(secret)
        means.administrator.set_account(heir, entry.id, account, Right.DELEGATE)
        rights = Right.ANCHOR | Right.PROPOSE | Right.CONFIRM
        province = Administrator(installation.chain.node, installation.estate.chain_id, secret)
        province.delegate(heir, city, rights, until=2**40 - 1)
        succession.succeed(means)
    with world.open() as installation:
        world.issue(installation, world.rows[BEFORE])
        world.decide(installation, 2, StatusWord.REVOKED)
        assert installation.chain.contract == heir
        bad, good = Verdict.INVALID, Verdict.VALID
        assert world.verdicts(installation) == [good, bad, bad, good, good]


def test_commands(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    def answer(*words: str) -> dict[str, object]:
        code = run(["--data-dir", str(world.home), "chain", *words, "--json"])
        found: dict[str, object] = json.loads(capsys.readouterr().out)
        assert code == ("code" in found), found
        return found

    assert answer("succeed")["code"] == Code.NOT_FOUND.value
    heir = answer("deploy")["heir"]
    done = answer("succeed")
    assert done.get("contract") == heir, done
    shown = answer("status")["contracts"]
    assert isinstance(shown, list)
    assert [(one["role"], one["successor"]) for one in shown] == [
        ("former", heir),
        ("present", None),
    ]
