"""`anzheng authority keys deal`: give each process its own keys."""

from pathlib import Path
from typing import Annotated

import typer

from anzheng.commands.common import JsonFlag, answering, read_file, settings_of


def deal(
    context: typer.Context,
    process: Annotated[str, typer.Argument(help="signer, anchor, confirmer or console")],
    folder: Annotated[Path, typer.Argument(help="Its data folder.")],
    *,
    password_file: Annotated[
        Path | None, typer.Option(help="File with the password of its key files.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """分发 Write the data folder of one process: its own keys, and what all may know.

    Run it where everything was set up, while nothing else runs there; again after a ceremony.

    Example: anzheng authority keys deal signer /srv/anzheng/signer --password-file signer.password
    """
    from anzheng.flows.key_dealing import Dealt
    from anzheng.flows.key_dealing import deal as hand_out
    from anzheng.wiring import open_key_office
    from licence.errors import AnzhengError, Code

    with answering(as_json=as_json) as out, open_key_office(settings_of(context)) as office:
        if process not in set(Dealt):
            raise AnzhengError(Code.REQUEST_INVALID, f"one of {', '.join(Dealt)}")
        password = b"" if password_file is None else read_file(password_file).strip()
        given = hand_out(office, Dealt(process), folder, password)
        out.say(
            {"process": process, "keys": list(given.keys), "kept": list(given.kept)},
            [f"{process}: {len(given.keys)} keys, {len(given.kept)} were there; {folder}"],
        )
