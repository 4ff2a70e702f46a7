"""`anzheng serve` and `anzheng worker`: the long-running processes."""

from typing import Annotated

import typer

from anzheng.commands.common import JsonFlag, answering, settings_of


def serve(
    context: typer.Context,
    *,
    host: Annotated[
        str | None, typer.Option(help="Address; that of the settings if absent.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port; that of the settings if absent.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """服务 Serve look-ups, status lists, the trust repository, verification and claims over HTTP.

    Example: anzheng serve --port 8470
    """
    from anzheng.api import create_app
    from anzheng.server import serve as run
    from anzheng.wiring import open_installation

    settings = settings_of(context)
    with answering(as_json=as_json) as out, open_installation(settings) as installation:
        at, on = host or settings.listen_host, settings.listen_port if port is None else port
        out.say({"url": f"http://{at}:{on}"}, [f"http://{at}:{on} (Ctrl-C ends)"])
        run(create_app(installation.api_parts()), at, on)


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

    from anzheng.jobs import make_worker
    from anzheng.wiring import open_installation

    settings = settings_of(context)
    with answering(as_json=as_json) as out, open_installation(settings) as installation:
        made = make_worker(installation, f"worker-{os.getpid()}")
        if once:
            rounds = made.drain()
            out.say({"rounds": rounds}, [f"{rounds} jobs"])
            return
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        made.run(stop, settings.worker_poll_seconds)
        out.say({"stopped": True}, ["stopped"])
