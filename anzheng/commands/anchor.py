"""`anzheng anchor`: the log's key and witnesses, and what follows after a restore."""

from pathlib import Path
from typing import Annotated

import typer

from anzheng.commands.common import JsonFlag, answering, settings_of

app = typer.Typer(help="锚定 Anchoring: the log, its witnesses, restoring.", no_args_is_help=True)
witness_app = typer.Typer(help="见证 Witnesses that are believed.", no_args_is_help=True)
app.add_typer(witness_app, name="witness")


@app.command("log-key")
def log_key(
    context: typer.Context,
    authority: Annotated[str, typer.Argument(help="Code of the issuing authority.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """日志公钥 Show the verifier key of an authority's log, for those who witness it.

    Example: anzheng anchor log-key 1121000000TXT10121
    """
    from anzheng import keyring as keyrings
    from anzheng.wiring import open_key_office
    from licence.formats.checkpoint import LogKey
    from licence.formats.evidence import log_origin
    from licence.formats.verifier_key import encode_log_key
    from licence.ids import AuthorityId

    settings = settings_of(context)
    with answering(as_json=as_json) as out, open_key_office(settings) as office:
        entry = office.estate.authority(AuthorityId(authority))
        origin = log_origin(office.estate.registry, entry.id)
        public = office.ring.open(keyrings.log_key(entry.id)).public_raw
        text = encode_log_key(LogKey(origin, public))
        out.say({"origin": origin, "verifier_key": text}, [text])


@app.command()
def reconcile(
    context: typer.Context,
    *,
    authority: Annotated[
        str | None, typer.Option(help="One authority; all of them if absent.")
    ] = None,
    manifests: Annotated[
        str | None,
        typer.Option(help="Folder or URL (…/log) of a copy of the public log, beside our own."),
    ] = None,
    copies: Annotated[
        Path | None, typer.Option(help="Folder of signed files that holders gave back.")
    ] = None,
    decisions: Annotated[
        Path | None, typer.Option(help="Folder of signed decisions that officers kept.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; else only say it.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """恢复 After a restore: bring the database to what chain and public log know.

    Example: anzheng anchor reconcile --apply
    """
    from anzheng.flows.reconcile import reconcile as run
    from anzheng.reconciling import case_of
    from anzheng.wiring import open_installation
    from licence.ids import AuthorityId

    settings = settings_of(context)
    with answering(as_json=as_json) as out, open_installation(settings) as installation:
        every = [entry.id for entry in installation.estate.authorities]
        wanted = every if authority is None else [AuthorityId(authority)]
        reports = []
        for each in wanted:
            case = case_of(
                installation, each, manifests=manifests, copies=copies, decisions=decisions
            )
            reports.append(run(case, apply=apply))
        said = [
            {
                "authority": report.authority,
                "applied": apply,
                "differs": report.differs,
                "on_chain": report.on_chain,
                "next_index": report.next_index,
                "missing_manifests": [digest.hex() for digest in report.missing],
                **report.numbers,
            }
            for report in reports
        ]
        lines = []
        for report in reports:
            found = ", ".join(f"{name} {count}" for name, count in report.numbers.items() if count)
            lines.append(f"{report.authority}: {found or 'nothing to do'}")
            lines += [f"  manifest is missing: {digest.hex()}" for digest in report.missing]
        if not apply and any(report.differs for report in reports):
            lines.append("nothing was changed; --apply does it")
        out.say(said, lines)


@app.command()
def reserved(
    context: typer.Context,
    authority: Annotated[str, typer.Argument(help="Code of the issuing authority.")],
    *,
    number: Annotated[str | None, typer.Option(help="Only this licence number.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """保留编号 List what was issued before a restore and is not found: index, leaf, version.

    Example: anzheng anchor reserved 1121000000TXT10121 --number '（辽）WH安许证字〔2024〕0001'
    """
    from anzheng import keyring as keyrings
    from anzheng.wiring import open_store_base
    from licence.domain.licence_no import parse_licence_no
    from licence.formats import manifest as manifests
    from licence.ids import AuthorityId, RegistryId

    settings, whose = settings_of(context), AuthorityId(authority)
    with answering(as_json=as_json) as out, open_store_base(settings) as base:
        with base.store.read() as unit:
            rows = unit.recovery.reserved(RegistryId(settings.registry), whose)
        if number is not None:
            key = base.ring.open(keyrings.manifest_key(whose)).secret
            wanted = manifests.number_hmac(key, parse_licence_no(number).canonical)
            rows = tuple(row for row in rows if row.number_hmac == wanted)
        said = [
            {
                "index": row.status_index,
                "leaf": row.leaf.hex() if row.leaf else None,
                "version": row.version,
                "anchored": row.manifest is not None,
            }
            for row in rows
        ]
        out.say(
            said,
            [f"{one['index']} v{one['version']} {one['leaf']}" for one in said]
            or ["nothing is reserved 没有保留编号"],
        )


@witness_app.command()
def add(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="Verifier key: `anzheng witness show` has it.")],
    *,
    from_block: Annotated[
        int, typer.Option(help="First block about which it is believed; ahead of the chain.")
    ],
    as_json: JsonFlag = False,
) -> None:
    """增加 Believe one more witness from a block on; then `trust renew`, and set its URL.

    Example: anzheng anchor witness add 'audit.example.gov.cn+9f21…' --from-block 1200000
    """
    from anzheng.flows.witness_seats import add_witness
    from licence.formats.verifier_key import read_witness_key

    settings = settings_of(context)
    with answering(as_json=as_json) as out:
        found = add_witness(settings.data_dir, read_witness_key(key), from_block)
        said = {"witness": found.name, "from_block": from_block}
        out.say(said, [f"{found.name} from block {from_block} on; publish it: anzheng trust renew"])


@witness_app.command()
def retire(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the witness.")],
    *,
    to_block: Annotated[int, typer.Option(help="Last block about which it is believed.")],
    as_json: JsonFlag = False,
) -> None:
    """停用 Believe a witness up to a block, and no longer; what it cosigned before stays good.

    Example: anzheng anchor witness retire audit.example.gov.cn --to-block 1300000
    """
    from anzheng.flows.witness_seats import retire_witness

    settings = settings_of(context)
    with answering(as_json=as_json) as out:
        retire_witness(settings.data_dir, name, to_block)
        said = {"witness": name, "to_block": to_block}
        out.say(said, [f"{name} up to block {to_block}; publish it: anzheng trust renew"])


@witness_app.command("list")
def list_(context: typer.Context, *, as_json: JsonFlag = False) -> None:
    """见证名单 List the witnesses, from which block to which each is believed.

    Example: anzheng anchor witness list --json
    """
    from anzheng import estate as estates

    with answering(as_json=as_json) as out:
        estate = estates.load(settings_of(context).data_dir)
        far = {each.name: each.url for each in settings_of(context).witness}
        said = [
            {
                "witness": each.name,
                "public_key": each.public_key.hex(),
                "from_block": estate.first_block if each.from_block is None else each.from_block,
                "to_block": each.to_block,
                "url": far.get(each.name),
            }
            for each in estate.witnesses
        ]
        lines = [
            f"{one['witness']}: {one['from_block']} to {one['to_block'] or 'now'}, "
            f"{one['url'] or 'no URL in settings'}"
            for one in said
        ]
        value = {"threshold": estate.witness_threshold, "witnesses": said}
        out.say(value, [f"{estate.witness_threshold} of {len(said)} needed", *lines])
