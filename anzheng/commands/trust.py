"""`anzheng trust`: publish lists, look at the trust repository, hand it to offline verifiers."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from anzheng.clock import SystemClock
from anzheng.commands.common import JsonFlag, answering, read_address, settings_of
from verifier.cli_trust import add_trust_commands

if TYPE_CHECKING:
    from anzheng.flows.key_making import KeyOffice
    from licence.formats.trust_types import TrustBundle

app = typer.Typer(help="信任 Trust repository and status lists.", no_args_is_help=True)
add_trust_commands(app, SystemClock())


@app.command()
def publish(
    context: typer.Context,
    *,
    new_address: Annotated[
        bool,
        typer.Option(
            "--new-address", help="The lists move to the public_url of the settings: tell it first."
        ),
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """发布 Sign and publish the status lists of all authorities now.

    Example: anzheng trust publish
    """
    from anzheng.wiring import open_installation

    with (
        answering(as_json=as_json) as out,
        open_installation(settings_of(context)) as installation,
    ):
        if new_address:
            _renewed(installation.base.key_office(), moved=True)
        installation.publish_lists()
        folder = installation.base.trust_folder
        out.say({"folder": str(folder)}, [f"published in {folder}"])


@app.command()
def show(
    context: typer.Context,
    *,
    trust: Annotated[
        Path | None,
        typer.Option(help="信任文件夹 A verifier's trust folder, instead of our own repository."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """查看 Say what the trust repository tells verifiers, or what a verifier's folder holds.

    Example: anzheng trust show --trust trust/
    """
    from verifier.cli_trust import show_trust
    from verifier.trust import load_trust

    if trust is not None:
        show_trust(trust, SystemClock(), as_json=as_json)
        return

    with answering(as_json=as_json) as out:
        folder = settings_of(context).data_dir / "trust"
        store = load_trust(folder, now=SystemClock().now())
        bundle = store.bundle
        closed, sealers = _closed(bundle), _validators(bundle)
        out.say(
            {
                "folder": str(folder),
                "bundle_version": bundle.version,
                "environment": bundle.environment.value,
                "newest_signed_time": store.newest_signed_time.isoformat(),
                "registries": [registry.id for registry in bundle.registries],
                "authorities": [authority.id for authority in bundle.authorities],
                "validators": sealers,
                "closed": closed,
            },
            [
                f"bundle {bundle.version} ({bundle.environment.value}) in {folder}",
                *(f"{authority.id} {authority.name}" for authority in bundle.authorities),
                *(f"{chain}: {who}" for chain, who in sealers.items()),
                *(f"not believed from {end}: {what}" for what, end in closed.items()),
            ],
        )


def _validators(bundle: "TrustBundle") -> dict[str, str]:
    """Return who seals which blocks of the chains, as verifiers believe."""
    sets = (one for registry in bundle.registries for one in registry.validators)
    return {
        f"chain {one.chain_id} blocks {one.from_block} to "
        f"{'…' if one.to_block is None else one.to_block}": ", ".join(
            "0x" + address.hex() for address in one.addresses
        )
        for one in sets
    }


def _closed(bundle: "TrustBundle") -> dict[str, str]:
    """Return from when on a root, a certificate (SHA-256) or a QR key is not believed."""
    ends = [(f"root {root.name}", root.distrust_from) for root in bundle.roots]
    ends += [(f"tsa root {root.name}", root.distrust_from) for root in bundle.tsa_roots]
    ends += [(f"certificate {one.sha256.hex()}", one.distrust_from) for one in bundle.withdrawn]
    keys = (key for authority in bundle.authorities for key in authority.qr_keys)
    ends += [(f"qr key {key.kid.hex()}", key.valid_to) for key in keys]
    return {what: end.isoformat() for what, end in ends if end is not None}


@app.command()
def renew(context: typer.Context, *, as_json: JsonFlag = False) -> None:
    """更新信任包 Publish the bundle anew, where keys were made or closed since; twice is once.

    Example: anzheng trust renew
    """
    from anzheng.wiring import open_key_office

    with answering(as_json=as_json) as out, open_key_office(settings_of(context)) as office:
        version = _renewed(office)
        out.say({"bundle": version}, [f"bundle {version}"])


def _renewed(office: "KeyOffice", *, moved: bool = False) -> int:
    from anzheng.flows.trust import renew as renewing
    from licence.errors import AnzhengError, Code

    home, now = office.settings.data_dir, office.clock.now()
    version = renewing(
        office.settings, office.estate, office.ring, home / "trust", now=now, moved=moved
    )
    if version is None:
        raise AnzhengError(Code.KEY_URI, "the keys of targets are not here: renew it there")
    return version


@app.command()
def validators(
    context: typer.Context,
    addresses: Annotated[
        list[str], typer.Argument(help="All validators of the chain from that block on, 0x….")
    ],
    *,
    from_block: Annotated[int, typer.Option(min=0, help="First block that they seal.")],
    unasked: Annotated[
        bool, typer.Option("--unasked", help="Do not compare with what the node says.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """验证节点 Pin the validators of a QBFT chain; the set before ends with the block before.

    Take the addresses from those who run the validators, not from a node: this command asks the
    node too, and refuses where it names others. Then run `anzheng trust renew`.

    Example: anzheng trust validators --from-block 1 0x1f… 0x2a… 0x9c… 0xd0…
    """
    from anzheng import estate as estates
    from anzheng.flows import validators as pinning
    from anzheng.wiring import open_base

    settings = settings_of(context)
    with answering(as_json=as_json) as out:
        found = [read_address(each) for each in addresses]
        estate = pinning.pin(estates.load(settings.data_dir), from_block, found)
        if not unasked:
            with open_base(settings) as base, closing(base.open_nodes()) as node:
                says = node.ask("qbft_getValidatorsByBlockNumber", hex(from_block))
                pinning.compare(found, says)
        estates.save(estate, settings.data_dir)
        sets = [
            {"from_block": one.from_block, "to_block": one.to_block, "count": len(one.addresses)}
            for one in estate.validators
        ]
        out.say({"validators": sets}, [*map(str, sets), "now: anzheng trust renew"])


@app.command()
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where the copy goes.")],
    *,
    history: Annotated[
        bool, typer.Option("--history", help="Older lists too, for `verify --at` without network.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """导出 Copy all that an offline verifier needs.

    Example: anzheng trust export trust/
    """
    from anzheng.flows.trust import copy_trust
    from anzheng.flows.trust_beside import copy_beside
    from licence.errors import AnzhengError, Code
    from verifier.trust import load_trust

    with answering(as_json=as_json) as out:
        source, now = settings_of(context).data_dir / "trust", SystemClock().now()
        if not (source / "metadata" / "timestamp.json").is_file():
            raise AnzhengError(Code.NOT_FOUND, f"{source} is no trust folder")
        copy_beside(load_trust(source, now=now), folder, history=history)
        copy_trust(source, folder, now=now)
        out.say({"folder": str(folder)}, [f"copied to {folder}"])
