"""`anzheng trust`: publish lists, look at the trust repository, hand it to offline verifiers."""

from pathlib import Path
from typing import Annotated

import typer

from anzheng.commands.common import JsonFlag, answering, settings_of

app = typer.Typer(help="信任 Trust repository and status lists.", no_args_is_help=True)


@app.command()
def publish(context: typer.Context, *, as_json: JsonFlag = False) -> None:
    """Sign and publish the status lists of all authorities now.

    Example: anzheng trust publish
    """
    from anzheng.wiring import open_installation

    with (
        answering(as_json=as_json) as out,
        open_installation(settings_of(context)) as installation,
    ):
        installation.publish_lists()
        folder = installation.base.trust_folder
        out.say({"folder": str(folder)}, [f"published in {folder}"])


@app.command()
def show(context: typer.Context, *, as_json: JsonFlag = False) -> None:
    """Say what the trust repository tells verifiers.

    Example: anzheng trust show --json
    """
    from anzheng.clock import SystemClock
    from verifier.trust import load_trust

    with answering(as_json=as_json) as out:
        folder = settings_of(context).data_dir / "trust"
        trust = load_trust(folder, now=SystemClock().now())
        bundle = trust.bundle
        out.say(
            {
                "folder": str(folder),
                "bundle_version": bundle.version,
                "environment": bundle.environment.value,
                "newest_signed_time": trust.newest_signed_time.isoformat(),
                "registries": [registry.id for registry in bundle.registries],
                "authorities": [authority.id for authority in bundle.authorities],
            },
            [
                f"bundle {bundle.version} ({bundle.environment.value}) in {folder}",
                *(f"{authority.id} {authority.name}" for authority in bundle.authorities),
            ],
        )


@app.command()
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where the copy goes.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Copy all that an offline verifier needs.

    Example: anzheng trust export trust/
    """
    from anzheng.clock import SystemClock
    from anzheng.flows.trust import copy_trust

    with answering(as_json=as_json) as out:
        copy_trust(settings_of(context).data_dir / "trust", folder, now=SystemClock().now())
        out.say({"folder": str(folder)}, [f"copied to {folder}"])
