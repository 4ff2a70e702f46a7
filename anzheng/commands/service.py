"""`anzheng serve` and `anzheng worker`: the long-running processes."""

from typing import Annotated

import typer

from anzheng.clock import SystemClock, SystemEntropy
from anzheng.commands.common import JsonFlag, answering, public_settings_of, settings_of
from anzheng.settings import Settings
from verifier.service.commands import add_run, keys_app

app = typer.Typer(invoke_without_command=True)
# Its settings are its own: it runs beside other people's registries, with a key of ours or none.
add_run(app, "verifier", SystemClock(), SystemEntropy())
app.add_typer(keys_app(SystemClock(), SystemEntropy()), name="verifier-keys")

HostOption = Annotated[str | None, typer.Option(help="Address; that of the settings if absent.")]
PortOption = Annotated[int | None, typer.Option(help="Port; that of the settings if absent.")]


@app.callback()
def serve(
    context: typer.Context,
    *,
    host: HostOption = None,
    port: PortOption = None,
    as_json: JsonFlag = False,
) -> None:
    """服务 Serve look-ups, status lists, the trust repository, verification and claims over HTTP.

    All parts in one process, with the keys of this installation; `serve registry` is the public
    part alone, without any.

    Example: anzheng serve --port 8470
    """
    if context.invoked_subcommand is not None:
        if host is not None or port is not None or as_json:
            raise typer.BadParameter("options stand behind the part that is served")
        return
    from anzheng.api import create_app
    from anzheng.server import serve as run
    from anzheng.wiring import open_installation

    settings = settings_of(context)
    with answering(as_json=as_json) as out, open_installation(settings) as installation:
        at, on = _place(settings, host, port)
        out.say({"url": f"http://{at}:{on}"}, [f"http://{at}:{on} (Ctrl-C ends)"])
        run(create_app(installation.api_parts()), at, on)


@app.command()
def registry(
    context: typer.Context,
    *,
    host: HostOption = None,
    port: PortOption = None,
    as_json: JsonFlag = False,
) -> None:
    """登记库 Serve what is public, from a process that holds no key and writes nothing.

    Reads the database of the settings (registry_database_url: a replica), the trust folder and the
    folder `public` in data_dir.

    Example: anzheng serve registry --port 8471
    """
    from anzheng.registry import create_registry, open_registry
    from anzheng.server import serve as run

    settings = public_settings_of(context)
    with answering(as_json=as_json) as out, open_registry(settings, SystemClock()) as parts:
        at, on = _place(settings, host, port)
        out.say({"url": f"http://{at}:{on}"}, [f"http://{at}:{on} (Ctrl-C ends)"])
        run(create_registry(parts), at, on)


def _place(settings: Settings, host: str | None, port: int | None) -> tuple[str, int]:
    return host or settings.listen_host, settings.listen_port if port is None else port


def worker(
    context: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", help="Stop when nothing is due.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """工作进程 Work the queue: sign, anchor, fill, publish; any number may run.

    Example: anzheng worker --once
    """
    import os
    import signal
    import threading

    from anzheng.jobs import LANES, ask_for_lists, make_worker
    from anzheng.wiring import open_installation
    from anzheng.worker import run_together

    settings = settings_of(context)
    with answering(as_json=as_json) as out, open_installation(settings) as installation:
        owner = f"worker-{os.getpid()}"
        ask_for_lists(installation.base.store, installation.base.clock)
        if once:
            rounds = make_worker(installation, owner).drain()
            out.say({"rounds": rounds}, [f"{rounds} jobs"])
            return
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        lanes = [
            make_worker(installation, f"{owner}-{number}", topics=topics)
            for number, topics in enumerate(LANES)
        ]
        run_together(lanes, stop, settings.worker_poll_seconds)
        out.say({"stopped": True}, ["stopped"])
