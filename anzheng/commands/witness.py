"""`anzheng witness`: run a witness, on a machine of its own, without the rest of anzheng."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from anzheng.commands.common import JsonFlag, answering, read_file

if TYPE_CHECKING:
    from anzheng.witness_home import WitnessHome

app = typer.Typer(
    help="见证 Witness: cosign an authority's log if it only ever grows.", no_args_is_help=True
)

Folder = Annotated[Path, typer.Argument(help="Folder of the witness.")]
Password = Annotated[
    Path | None,
    typer.Option(help="File with the password of the key; FOLDER/password if absent."),
]

PASSWORD_BYTES = 24


@app.command()
def init(
    folder: Folder,
    *,
    name: Annotated[str, typer.Option(help="Name of the witness, such as audit.example.gov.cn.")],
    guard: Annotated[
        Path | None,
        typer.Option(help="Folder on another disk; shows when the memory was put back."),
    ] = None,
    password_file: Password = None,
    as_json: JsonFlag = False,
) -> None:
    """新建见证 Make a witness: its key, its empty memory. Give the verifier key to the authority.

    Example: anzheng witness init witness/ --name audit.example.gov.cn --guard /mnt/other/witness
    """
    from anzheng.clock import SystemEntropy
    from anzheng.files import OWNER_ONLY, write_durably
    from licence.formats.verifier_key import encode_witness_key

    with answering(as_json=as_json) as out:
        place = folder / "password"
        if password_file is None and not place.exists():
            secret = SystemEntropy().bytes(PASSWORD_BYTES).hex()
            write_durably(place, secret.encode(), mode=OWNER_ONLY)
        kept = None if guard is None else str(guard.resolve())
        key = _home(folder, password_file).begin(name, kept)
        text = encode_witness_key(key)
        out.say({"witness": name, "verifier_key": text}, [text])


@app.command("add-log")
def add_log(
    folder: Folder,
    key: Annotated[
        str, typer.Argument(help="Verifier key of the log: `anzheng anchor log-key` shows it.")
    ],
    *,
    public: Annotated[
        str | None, typer.Option(help="Folder or URL where the log is published (…/log).")
    ] = None,
    origin: Annotated[
        str | None, typer.Option(help="Origin of the log, where it is not the key's name.")
    ] = None,
    password_file: Password = None,
    as_json: JsonFlag = False,
) -> None:
    """见证日志 Witness one more log, from the next start on.

    Example: anzheng witness add-log witness/ 'anzheng/cn-aqsc/…+1f2e…' --public https://r.cn/log
    """
    with answering(as_json=as_json) as out:
        added = _home(folder, password_file).add_log(key, public, origin)
        out.say({"origin": added}, [added])


@app.command()
def show(folder: Folder, *, password_file: Password = None, as_json: JsonFlag = False) -> None:
    """查看 Say who the witness is, and what it saw last of each log.

    Example: anzheng witness show witness/ --json
    """
    from licence.formats.checkpoint import WitnessKey
    from licence.formats.verifier_key import encode_witness_key

    with answering(as_json=as_json) as out:
        home = _home(folder, password_file)
        config = home.config()
        text = encode_witness_key(WitnessKey(config.name, home.key().public_raw))
        seen = {one.origin: one for one in home.store().all()}
        logs = [
            {
                "origin": log.origin,
                "size": seen[log.origin].size if log.origin in seen else 0,
                "root": seen[log.origin].root.hex() if log.origin in seen else None,
            }
            for log in config.logs
        ]
        lines = [f"{log['origin']}: {log['size']} {log['root'] or ''}".rstrip() for log in logs]
        out.say({"witness": config.name, "verifier_key": text, "logs": logs}, [text, *lines])


@app.command()
def serve(
    folder: Folder,
    *,
    host: Annotated[str, typer.Option(help="Address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 8480,
    prefix: Annotated[str, typer.Option(help="What the path begins with.")] = "",
    password_file: Password = None,
    as_json: JsonFlag = False,
) -> None:
    """见证服务 Answer logs over HTTP, until interrupted.

    Example: anzheng witness serve witness/ --port 8480
    """
    import signal
    import threading

    from anzheng.clock import SystemClock
    from anzheng.witness_http import WitnessServer, serving

    with (
        answering(as_json=as_json) as out,
        _home(folder, password_file).opened(SystemClock()) as witness,
        serving(WitnessServer((host, port), witness, prefix)) as server,
    ):
        out.say({"url": server.url, "witness": witness.key.name}, [f"{server.url} (Ctrl-C ends)"])
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        stop.wait()


def _home(folder: Path, password_file: Path | None) -> "WitnessHome":
    from anzheng.witness_home import WitnessHome

    return WitnessHome(folder, read_file(password_file or folder / "password").strip())
