"""`anzheng chain genesis`: the first block of a trial's own Besu, and its node's key."""

from pathlib import Path
from typing import Annotated

import typer

from anzheng.commands.common import JsonFlag, answering, settings_of


def genesis(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where genesis.json goes.")],
    key: Annotated[Path, typer.Argument(help="Where the node's key goes; made if absent.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """创世区块 Write Besu's genesis for a trial: QBFT, one validator, gas for nothing.

    The chain id is that of the settings. A key that is there is used again.

    Example: anzheng chain genesis var/compose/besu var/compose/secrets/besu_node_key
    """
    from anchor.chain.account import address_of_key
    from anchor.chain.genesis import genesis as make
    from anzheng.files import OWNER_ONLY, write_durably
    from anzheng.keyfiles import KeyKind, generate
    from licence.domain.model import Environment
    from licence.errors import AnzhengError, Code
    from licence.ids import ChainId

    settings = settings_of(context)
    with answering(as_json=as_json) as out:
        if settings.environment is Environment.PRODUCTION:
            raise AnzhengError(Code.SETTINGS_UNSAFE, "a consortium makes its genesis together")
        if not key.is_file():
            secret = generate(KeyKind.SECP256K1).secret
            write_durably(key, secret.hex().encode("ascii"), mode=OWNER_ONLY)
        try:
            validator = address_of_key(bytes.fromhex(key.read_text("ascii").strip()))
        except ValueError as error:
            raise AnzhengError(Code.KEY_REFUSED, f"{key} is no node key") from error
        write_durably(folder / "genesis.json", make(ChainId(settings.chain_id), [validator]))
        out.say(
            {"validator": "0x" + validator.hex(), "file": str(folder / "genesis.json")},
            [f"{folder / 'genesis.json'}: validator 0x{validator.hex()}"],
        )
