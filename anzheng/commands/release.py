"""`anzheng release`: write down, sign and submit what two officers let go out."""

from pathlib import Path
from typing import Annotated

import typer

from anzheng.commands.common import JsonFlag, answering, read_file, settings_of
from anzheng.settings import Settings

app = typer.Typer(help="放行 Release: two officers sign for the exact data.", no_args_is_help=True)

StatementFile = Annotated[Path, typer.Argument(help="File of the release statement.")]


@app.command()
def draft(
    context: typer.Context,
    authority: Annotated[str, typer.Argument(help="Code of the issuing authority.")],
    statement: StatementFile,
    *,
    as_json: JsonFlag = False,
) -> None:
    """起草放行单 Write down everything that an authority has prepared, for its officers to sign.

    Example: anzheng release draft 1121000000TXT10121 release.json
    """
    from anzheng.files import write_durably
    from anzheng.flows import release as releasing
    from anzheng.wiring import open_store_base
    from licence.formats import release as formats
    from licence.ids import AuthorityId

    with answering(as_json=as_json) as out, open_store_base(settings_of(context)) as base:
        whose = AuthorityId(authority)
        made = releasing.draft(base.store, base.clock, base.entropy, whose)
        held = releasing.withheld(base.store, base.clock, whose)
        write_durably(statement, formats.encode(made))
        out.say(
            {
                "release": made.batch_id,
                "licences": len(made.digests),
                "file": str(statement),
                "withheld": [
                    {"licence_no": row.licence_no, "version": row.version} for row in held
                ],
            },
            [
                f"{made.batch_id}: {len(made.digests)} licences in {statement}",
                *(
                    f"withheld 暂缓 {row.licence_no} v{row.version}: suspended before"
                    for row in held
                ),
            ],
        )


@app.command()
def sign(
    context: typer.Context,
    statement: StatementFile,
    *,
    officer: Annotated[str, typer.Option(help="Name of the officer.")],
    key: Annotated[Path | None, typer.Option(help="Key file; that of a trial if absent.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """经办人签名 Add an officer's signature, made with a key file.

    Example: anzheng release sign release.json --officer 1121000000TXT10121-1
    """
    from anzheng.files import write_durably
    from anzheng.flows import release as releasing
    from anzheng.wiring import officer_key
    from licence.formats import release as formats
    from licence.ids import OfficerId

    with answering(as_json=as_json) as out:
        opened = officer_key(settings_of(context), OfficerId(officer), key)
        before = formats.decode(read_file(statement))
        signed = releasing.sign(before, OfficerId(officer), opened)
        write_durably(statement, formats.encode(signed))
        names = [signature.officer for signature in signed.signatures]
        out.say({"release": signed.batch_id, "officers": names}, [f"signed by {', '.join(names)}"])


@app.command()
def submit(context: typer.Context, statement: StatementFile, *, as_json: JsonFlag = False) -> None:
    """提交放行单 Hand a signed statement to the signer; it refuses whatever officers did not sign.

    Example: anzheng release submit release.json
    """
    settings = settings_of(context)
    with answering(as_json=as_json) as out:
        data = read_file(statement)
        if settings.signer_url:
            from anzheng.desk_client import open_desk_client

            with open_desk_client(settings.signer_url) as desk:
                name = desk.release(data)
            out.say({"release": name}, [f"{name} released; the signer signs it"])
            return
        name = _submit(settings, data)
        out.say({"release": name}, [f"{name} released; `anzheng issue` signs it"])


def _submit(settings: Settings, data: bytes) -> str:
    from anzheng.flows import release as releasing
    from anzheng.wiring import open_installation
    from licence.formats import release as formats

    with open_installation(settings) as installation:
        office = installation.offices.open(formats.decode(data).authority)
        base = installation.base
        return releasing.submit(base.store, base.clock, office, data).id
