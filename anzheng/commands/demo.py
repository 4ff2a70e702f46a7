"""`anzheng demo`: the whole story on throw-away authorities."""

from pathlib import Path
from typing import Annotated

import typer

from anzheng.commands.common import EXIT_FAILED, JsonFlag, answering

PLAIN_WIDTH = 120
"""Columns of the table when it goes to a file."""


def demo(
    *,
    out: Annotated[Path, typer.Option(help="Folder that gets everything; emptied first.")] = Path(
        "var/demo"
    ),
    faults: Annotated[
        bool,
        typer.Option(
            "--faults", help="Bad nodes and a worker that is killed, in place of the story."
        ),
    ] = False,
    licences: Annotated[int, typer.Option(min=2, help="With --faults: how many.")] = 200,
    kills: Annotated[int, typer.Option(min=0, help="With --faults: how often.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="With --faults: which faults.")] = 1,
    as_json: JsonFlag = False,
) -> None:
    """演示 Tell the whole story, from the roster to a killed chain, through the real code.

    With --faults: licences are issued while nodes lose, delay, double, garble and lie and the
    worker is killed with SIGKILL; each ends valid without a network, in exactly one batch.

    Exit code 0 when every step ended as the story says, else 1.

    Example: anzheng demo --out var/demo
    """
    from rich.console import Console

    from anzheng.demo.faults import Plan, tell_faults
    from anzheng.demo.run import as_json as scenes_json
    from anzheng.demo.run import tell

    with answering(as_json=as_json) as answer:
        console = Console(stderr=as_json, highlight=False)
        if not console.is_terminal:
            console = Console(stderr=as_json, highlight=False, width=PLAIN_WIDTH)
        if faults:
            story = tell_faults(out, console, Plan(licences, kills, seed))
        else:
            story = tell(out, console)
        if as_json:
            answer.say(scenes_json(story), [])
        if not story.as_expected:
            raise typer.Exit(EXIT_FAILED)
