"""`anzheng export`: hand out finished files."""

from pathlib import Path
from typing import Annotated

import typer

from anzheng.commands.common import JsonFlag, answering, settings_of


def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where the files go.")],
    *,
    pending: Annotated[
        bool, typer.Option("--pending", help="Also files that have waited long for the chain.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """导出 Write finished licences and their evidence into a folder, with an index.

    Where the authority has a QR key, also the data codes 离线查验码 beside them.

    Example: anzheng export out/
    """
    from anzheng.flows.data_codes import open_code_desk
    from anzheng.flows.export import export as run
    from anzheng.wiring import open_store_base

    settings = settings_of(context)
    with answering(as_json=as_json) as out, open_store_base(settings) as base:
        done = run(
            base.store,
            base.files,
            base.clock,
            folder,
            pending_after_seconds=settings.pending_after_seconds if pending else None,
            codes=lambda: open_code_desk(base.key_office()),
        )
        out.say(
            [
                {
                    "file": f"licences/{one.name}.pdf",
                    "leaf": one.row.leaf.hex() if one.row.leaf else None,
                    "pending": one.pending,
                }
                for one in done
            ],
            [
                *(f"{one.name}.pdf {one.row.leaf.hex() if one.row.leaf else ''}" for one in done),
                f"{len(done)} files in {folder}",
            ],
        )
