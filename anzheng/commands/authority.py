"""`anzheng authority`: set up throw-away authorities, list them, hand out claim codes."""

from pathlib import Path
from typing import Annotated

import typer

from anzheng.commands import keys
from anzheng.commands.common import JsonFlag, answering, read_file, read_leaf, settings_of

app = typer.Typer(help="发证机关 Issuing authorities.", no_args_is_help=True)
app.add_typer(keys.app, name="keys")


@app.command()
def create(
    context: typer.Context,
    roster: Annotated[Path, typer.Argument(help="Roster whose issuers are set up.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Set up every issuing authority of a roster, with test keys and a trial chain 示例.

    Example: anzheng authority create samples/roster.json
    """
    from anzheng.flows.roster import read_roster
    from anzheng.trial import set_up, specs_of

    with answering(as_json=as_json) as out:
        specs = specs_of(read_roster(read_file(roster)))
        estate = set_up(settings_of(context), specs)
        out.say(
            {
                "registry": estate.registry,
                "authorities": [entry.id for entry in estate.authorities],
            },
            [
                *(f"{entry.id} {entry.name}" for entry in estate.authorities),
                "示例：无法律效力。 Test keys, no legal effect.",
            ],
        )


@app.command("list")
def list_(context: typer.Context, *, as_json: JsonFlag = False) -> None:
    """List the authorities that are set up here.

    Example: anzheng authority list --json
    """
    from anzheng import estate as estates

    with answering(as_json=as_json) as out:
        estate = estates.load(settings_of(context).data_dir)
        out.say(
            [
                {
                    "id": entry.id,
                    "name": entry.name,
                    "industries": list(entry.industries),
                    "officers": [officer.id for officer in entry.officers],
                }
                for entry in estate.authorities
            ],
            [
                f"{entry.id} {entry.name} {' '.join(entry.industries)}"
                for entry in estate.authorities
            ],
        )


@app.command("claim-code")
def claim_code(context: typer.Context, leaf: str, *, as_json: JsonFlag = False) -> None:
    """Make the one-time code with which an enterprise claims a finished licence.

    Example: anzheng authority claim-code 5f2c…
    """
    from anzheng.wiring import open_installation

    with (
        answering(as_json=as_json) as out,
        open_installation(settings_of(context)) as installation,
    ):
        code = installation.claim_desk().make_code(read_leaf(leaf))
        out.say({"code": code, "leaf": leaf}, [code])
