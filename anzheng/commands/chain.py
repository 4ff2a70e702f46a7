"""`anzheng chain`: the contracts of the registry, and how another one takes over."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from anzheng.commands.common import JsonFlag, answering, read_address, settings_of
from anzheng.commands.genesis import genesis

if TYPE_CHECKING:
    from anchor.chain_ports import Right
    from anzheng.commands.common import Out
    from anzheng.estate import ContractEntry, Estate
    from anzheng.flows.succession import Means
    from anzheng.wiring import Installation

app = typer.Typer(help="合约 Contracts: what stands where, and a new one.", no_args_is_help=True)
app.command("genesis")(genesis)

Rights = Annotated[
    list[str], typer.Option(help="anchor, propose, confirm, pause or delegate; may be repeated.")
]
HeirFlag = Annotated[bool, typer.Option("--heir", help="In the contract that is to take over.")]
AdministratorKey = Annotated[
    Path | None,
    typer.Option("--key", help="Key file of the contract's administrator; a trial has its own."),
]


@app.command()
def status(context: typer.Context, *, as_json: JsonFlag = False) -> None:
    """合约状态 Show the contracts of the registry, and what the chain says of each.

    Example: anzheng chain status --json
    """
    from anzheng.wiring import open_installation

    with (
        answering(as_json=as_json) as out,
        open_installation(settings_of(context)) as installation,
    ):
        estate = installation.estate
        found = [_contract(installation, estate, entry) for entry in estate.contracts]
        out.say(
            {"registry": estate.registry, "chain_id": estate.chain_id, "contracts": found},
            [f"{one['role']}: 0x{one['address']} from block {one['from_block']}" for one in found],
        )


@app.command()
def deploy(
    context: typer.Context, *, key: AdministratorKey = None, as_json: JsonFlag = False
) -> None:
    """部署 Deploy the contract of this release and enter the authorities; it takes over later.

    Run again, it completes what was begun. Example: anzheng chain deploy --key administrator.json
    """
    from anchor.chain.artifact import load_artifact
    from anzheng.flows import succession

    with answering(as_json=as_json) as out, _opened(context, key) as means:
        heir = succession.deploy(means, load_artifact())
        out.say(
            {"heir": heir.address.hex(), "from_block": heir.from_block},
            [f"deployed 0x{heir.address.hex()}; `anzheng chain succeed` lets it take over"],
        )


@app.command()
def succeed(
    context: typer.Context, *, key: AdministratorKey = None, as_json: JsonFlag = False
) -> None:
    """接替 Let the new contract take over: carry suspensions over, freeze the old one, publish.

    Stop the workers first. Run again, it completes what was begun.
    Example: anzheng chain succeed --key administrator.json
    """
    from anzheng.flows import succession

    with answering(as_json=as_json) as out, _opened(context, key) as means:
        frozen = succession.succeed(means)
        present = means.keeper.load().present
        out.say(
            {
                "contract": present.address.hex(),
                "frozen": frozen.address.hex(),
                "frozen_at": frozen.frozen_at,
            },
            [
                f"0x{frozen.address.hex()} is frozen since block {frozen.frozen_at}",
                f"0x{present.address.hex()} takes new batches; start the workers again",
            ],
        )


@app.command()
def account(
    context: typer.Context,
    authority: Annotated[str, typer.Argument(help="Code of the authority that it belongs to.")],
    address: Annotated[str, typer.Argument(help="The account: 0x and 40 hex digits.")],
    *,
    right: Rights = [],  # noqa: B006 - typer copies it
    key: AdministratorKey = None,
    heir: HeirFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """账户权限 Give an account exactly these rights; without any, take all away.

    Example: anzheng chain account 1121000000TXT10121 0x9f2c… --right propose --right pause
    """
    from anzheng.flows import succession
    from licence.ids import AuthorityId

    with answering(as_json=as_json) as out, _opened(context, key) as means:
        entry = succession.which(means, heir=heir)
        rights, subject = _rights(right), read_address(address)
        means.administrator.set_account(entry.address, AuthorityId(authority), subject, rights)
        _tell_rights(out, entry, f"0x{subject.hex()} of {authority}", rights)


@app.command()
def delegate(
    context: typer.Context,
    deputy: Annotated[str, typer.Argument(help="Code of the authority that may act.")],
    *,
    key: Annotated[Path, typer.Option(help="Key file of an account with the right `delegate`.")],
    right: Rights = [],  # noqa: B006 - typer copies it
    until: Annotated[
        str, typer.Option(help="Last moment of it, as 2027-12-31T23:59:59+08:00.")
    ] = "",
    heir: HeirFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """委托 Let another authority act in the name of this account's own; without rights, end it.

    Example: anzheng chain delegate 1121020000TXT10129 --right anchor --key delegate.json
    --until 2027-12-31T23:59:59+08:00
    """
    from anzheng.flows import succession
    from licence.ids import AuthorityId

    with answering(as_json=as_json) as out, _opened(context, key) as means:
        entry = succession.which(means, heir=heir)
        rights = _rights(right)
        end = _seconds(until) if rights else 0
        means.administrator.delegate(entry.address, AuthorityId(deputy), rights, until=end)
        _tell_rights(out, entry, f"{deputy} in this account's name", rights)


def _rights(names: list[str]) -> "Right":
    """Read names of rights.

    Raises:
        AnzhengError: REQUEST_INVALID.
    """
    from anchor.chain_ports import Right
    from licence.errors import AnzhengError, Code

    rights = Right(0)
    for name in names:
        if name.upper() not in Right.__members__:
            known = ", ".join(each.lower() for each in Right.__members__)
            raise AnzhengError(Code.REQUEST_INVALID, f"a right is one of {known}")
        rights |= Right[name.upper()]
    return rights


def _seconds(text: str) -> int:
    from datetime import datetime

    from licence.errors import AnzhengError, Code

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise AnzhengError(
            Code.REQUEST_INVALID, "--until is a time with its offset: 2027-12-31T23:59:59+08:00"
        )
    return int(moment.timestamp())


def _tell_rights(out: "Out", entry: "ContractEntry", who: str, rights: "Right") -> None:
    names = [str(each.name).lower() for each in rights]
    out.say(
        {"contract": entry.address.hex(), "rights": names},
        [f"{who}: {', '.join(names) or 'nothing'} in 0x{entry.address.hex()}"],
    )


@contextmanager
def _opened(context: typer.Context, key: Path | None) -> Iterator["Means"]:
    """Open what a change of contract needs.

    Raises:
        AnzhengError: SETTINGS_UNSAFE in production without a key file.
    """
    from anzheng.flows.establish import ADMIN_KEY
    from anzheng.keyfiles import open_key_file
    from anzheng.wiring import open_installation
    from licence.domain.model import Environment
    from licence.errors import AnzhengError, Code

    settings = settings_of(context)
    if key is None and settings.environment is Environment.PRODUCTION:
        raise AnzhengError(
            Code.SETTINGS_UNSAFE, "production keeps no administrator's key: name yours with --key"
        )
    with open_installation(settings) as installation:
        ring = installation.base.ring
        found = ring.open(ADMIN_KEY) if key is None else open_key_file(key, ring.secret)
        yield installation.handover(found.secret)


def _contract(
    installation: "Installation", estate: "Estate", entry: "ContractEntry"
) -> dict[str, object]:
    from anzheng.contracts import open_contract
    from licence.errors import AnzhengError

    role = "present" if entry.address == estate.contract else "former"
    if entry == estate.heir:
        role = "heir"
    found: dict[str, object] = {
        "role": role,
        "address": entry.address.hex(),
        "code_hash": entry.code_hash.hex(),
        "from_block": entry.from_block,
        "frozen_at": entry.frozen_at,
    }
    chain = open_contract(estate, installation.chain, entry)
    try:
        chain.check()
        takeover = chain.successor()
        found["successor"] = None if takeover is None else takeover.contract.hex()
        found["authorities"] = {one.id: chain.daily_cap(one.id) for one in estate.authorities}
    except AnzhengError as error:
        found["problem"] = error.code.value
    return found
