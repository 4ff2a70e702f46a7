"""`anzheng authority`: set up throw-away authorities, list them, hand out claim codes."""

from pathlib import Path
from typing import Annotated

import typer

from anzheng.commands import keys
from anzheng.commands.common import JsonFlag, answering, read_file, read_leaf, settings_of
from anzheng.commands.dealing import deal
from anzheng.commands.watch_key import watch_key

app = typer.Typer(help="发证机关 Issuing authorities.", no_args_is_help=True)
app.add_typer(keys.app, name="keys")
app.command("watch-key")(watch_key)
keys.app.command("deal")(deal)


@app.command()
def create(
    context: typer.Context,
    roster: Annotated[Path, typer.Argument(help="Roster whose issuers are set up.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """建立机关 Set up every issuing authority of a roster, with test keys and a trial chain 示例.

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
    """列出机关 List the authorities that are set up here.

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
    """领取码 Make the one-time code with which an enterprise claims a finished licence.

    Example: anzheng authority claim-code 5f2c…
    """
    from anzheng.flows.claim import make_code
    from anzheng.wiring import open_store_base

    settings = settings_of(context)
    with answering(as_json=as_json) as out, open_store_base(settings) as base:
        hours = settings.claim_code_hours
        code = make_code(base.store, base.clock, base.entropy, read_leaf(leaf), hours)
        out.say({"code": code, "leaf": leaf}, [code])


@app.command()
def reissue(
    context: typer.Context,
    authority: Annotated[str, typer.Argument(help="Code of the issuing authority.")],
    *,
    key: Annotated[str, typer.Option(help="Name of the key, as `keys list` shows it.")],
    as_json: JsonFlag = False,
) -> None:
    """重发 Prepare a new version of every live licence that a key signed, for officers to release.

    Example: anzheng authority reissue 1121000000TXT10121 --key signer-1121000000TXT10121
    """
    from anzheng import key_book
    from anzheng.flows.reissue import Reissuer
    from anzheng.wiring import open_store_base
    from licence.ids import AuthorityId

    with answering(as_json=as_json) as out, open_store_base(settings_of(context)) as base:
        certificate = key_book.digest_of(base.ring.certificate(key))
        found = Reissuer(base.store, base.files, base.clock, base.preparer()).reissue(
            AuthorityId(authority),
            certificate,
            on_progress=lambda done, total: typer.echo(f"{done}/{total}", err=True),
        )
        out.say(
            {
                "prepared": found.prepared,
                "followed": found.followed,
                "over": found.over,
                "refused": [each.message for each in found.refused],
            },
            [
                f"{found.prepared} prepared; `anzheng release draft {authority}` goes on",
                f"{found.followed} have a later version, {found.over} are over",
                *(f"refused: {each.field}: {each.message}" for each in found.refused),
            ],
        )


@app.command()
def supersede(
    context: typer.Context,
    authority: Annotated[str, typer.Argument(help="Code of the issuing authority.")],
    *,
    officer: Annotated[str, typer.Option(help="Officer who decides.")],
    key: Annotated[Path | None, typer.Option(help="Key file; that of a trial if absent.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """换发 Decide that new versions, once anchored, take the place of the old ones, all at once.

    Example: anzheng authority supersede 1121000000TXT10121 --officer 1121000000TXT10121-1
    """
    from anzheng.flows import status as deciding
    from anzheng.flows.reissue import superseding
    from anzheng.wiring import officer_key, open_store_base
    from licence.ids import AuthorityId, OfficerId

    settings = settings_of(context)
    with answering(as_json=as_json) as out, open_store_base(settings) as base:
        opened = officer_key(settings, OfficerId(officer), key)
        decision = superseding(base.store, base.clock, AuthorityId(authority))
        count = 0 if decision is None else len(decision.subjects)
        if decision is not None:
            entry = base.key_office().estate.authority(AuthorityId(authority))
            signed = deciding.sign(decision, OfficerId(officer), opened)
            deciding.decide(base.store, base.clock, signed, entry.pinned_officers)
        out.say({"superseded": count}, [f"{count} superseded"])
