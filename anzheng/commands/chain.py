"""`anzheng chain`: the contracts of the registry, and how another one takes over."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from anzheng.commands.common import JsonFlag, answering, settings_of

if TYPE_CHECKING:
    from anzheng.estate import ContractEntry, Estate
    from anzheng.flows.succession import Means
    from anzheng.wiring import Installation

app = typer.Typer(help="合约 Contracts: what stands where, and a new one.", no_args_is_help=True)

AdministratorKey = Annotated[
    Path | None,
    typer.Option("--key", help="Key file of the contract's administrator; a trial has its own."),
]


@app.command()
def status(context: typer.Context, *, as_json: JsonFlag = False) -> None:
    """Show the contracts of the registry, and what the chain says of each.

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
    """Deploy the contract of this release and enter the authorities; it takes over later.

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
    """Let the new contract take over: carry suspensions over, freeze the old one, publish both.

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
