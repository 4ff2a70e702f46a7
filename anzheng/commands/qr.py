"""`anzheng qr`: the printed data codes 离线查验码 of licences."""

from pathlib import Path
from typing import Annotated

import typer

from anzheng.commands.common import JsonFlag, answering, settings_of

app = typer.Typer(
    help="离线查验码 Data codes: check a licence without network.", no_args_is_help=True
)


@app.callback()
def codes() -> None:
    """离线查验码 Data codes: what a licence says, signed, in 40 mm."""


@app.command("make")
def make(
    context: typer.Context,
    number: Annotated[
        str | None, typer.Argument(help="Licence number; every finished licence if absent.")
    ] = None,
    *,
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("var/qr"),
    as_json: JsonFlag = False,
) -> None:
    """制作离线查验码 Sign and draw data codes: text, code and a 40 mm label, as SVG.

    Needs the authority's QR key: `anzheng authority keys init CODE --purpose qr` makes it.

    Example: anzheng qr make "（辽）WH安许证字〔2024〕0127" --out labels/
    """
    from anzheng.flows.data_codes import find_rows, open_code_desk, write_code
    from anzheng.flows.export import file_name
    from anzheng.wiring import open_store_base

    settings = settings_of(context)
    with answering(as_json=as_json) as answer, open_store_base(settings) as base:
        desk = open_code_desk(base.key_office())
        with base.store.read() as unit:
            rows = find_rows(unit, number)
        made, lines = [], []
        for row in rows:
            code = desk.make(row)
            files = [str(path) for path in write_code(code, out, file_name(row))]
            lines += files
            made.append({"licence_no": row.licence_no, "version": row.version, "files": files})
        answer.say(made, [*lines, f"{len(made)} codes in {out}"])
