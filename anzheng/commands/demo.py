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
    as_json: JsonFlag = False,
) -> None:
    """演示 Tell the whole story, from the roster to a killed chain, through the real code.

    Exit code 0 when every step ended as the story says, else 1.

    Example: anzheng demo --out var/demo
    """
    from rich.console import Console

    from anzheng.demo.run import as_json as scenes_json
    from anzheng.demo.run import tell

    with answering(as_json=as_json) as answer:
        console = Console(stderr=as_json, highlight=False)
        if not console.is_terminal:
            console = Console(stderr=as_json, highlight=False, width=PLAIN_WIDTH)
        story = tell(out, console)
        if as_json:
            answer.say(scenes_json(story), [])
        if not story.as_expected:
            raise typer.Exit(EXIT_FAILED)
