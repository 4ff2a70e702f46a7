"""`anzheng authority watch-key`: what an enterprise needs to watch its own licences."""

from pathlib import Path
from typing import Annotated

import typer

from anzheng.commands.common import JsonFlag, answering, read_leaf, settings_of


def watch_key(
    context: typer.Context,
    uscc: Annotated[str, typer.Argument(help="统一社会信用代码 Code of the enterprise.")],
    *,
    authority: Annotated[
        list[str] | None, typer.Option(help="Authorities; all that are set up here if absent.")
    ] = None,
    leaf: Annotated[
        list[str] | None, typer.Option(help="Licences that it did ask for, by leaf.")
    ] = None,
    label: Annotated[str, typer.Option(help="What its alarms call it.")] = "",
    out: Annotated[Path | None, typer.Option(help="Write the watch file there.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """关注文件 Make the watch file of an enterprise, for `anzheng monitor --watch`.

    Whoever has it sees which licences of these authorities are this enterprise's, and no more: give
    it to the enterprise alone.

    Example: anzheng authority watch-key 91210213MA9TXT017B --out watch.json
    """
    from anchor.monitor.watch import WatchKey, encode
    from anzheng import keyring as keyrings
    from anzheng.files import write_durably
    from anzheng.wiring import open_store_base
    from licence.domain.uscc import check_uscc
    from licence.formats.manifest import uscc_hmac
    from licence.ids import AuthorityId

    with answering(as_json=as_json) as out_, open_store_base(settings_of(context)) as base:
        code = check_uscc(uscc)
        estate = base.key_office().estate
        chosen = [AuthorityId(each) for each in authority or ()]
        entries = [estate.authority(each) for each in chosen] or list(estate.authorities)
        keys = [
            WatchKey(
                registry=estate.registry,
                authority=entry.id,
                uscc=uscc_hmac(base.ring.open(keyrings.manifest_key(entry.id)).secret, code),
                label=label or code,
                leaves=tuple(read_leaf(text) for text in leaf or ()),
            )
            for entry in entries
        ]
        data = encode(keys)
        if out is not None:
            write_durably(out, data)
        out_.say(
            {"file": None if out is None else str(out), "watch": data.decode()},
            [data.decode() if out is None else f"{out}: {len(keys)} authorities"],
        )
