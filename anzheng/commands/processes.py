"""`anzheng serve console|wallet`: processes that answer people and have no key at all."""

import typer

from anzheng.commands.common import JsonFlag, answering, public_settings_of
from anzheng.commands.service import HostOption, PortOption, place


def add_to(app: typer.Typer) -> None:
    """Add the commands to `anzheng serve`."""
    app.command()(console)
    app.command()(wallet)


def console(
    context: typer.Context,
    *,
    host: HostOption = None,
    port: PortOption = None,
    as_json: JsonFlag = False,
) -> None:
    """业务台 Serve the authority's own look-ups, decisions and alarms, on the intranet.

    Holds no key and writes nothing; officers sign by commands, with keys of their own.

    Example: anzheng serve console --port 8473
    """
    from anzheng.clock import SystemClock
    from anzheng.console import create_console, open_console
    from anzheng.server import serve as run

    settings = public_settings_of(context)
    with answering(as_json=as_json) as out, open_console(settings, SystemClock()) as parts:
        at, on = place(settings, host, port)
        out.say({"url": f"http://{at}:{on}"}, [f"http://{at}:{on} (Ctrl-C ends)"])
        run(create_console(parts), at, on)


def wallet(
    context: typer.Context,
    *,
    host: HostOption = None,
    port: PortOption = None,
    as_json: JsonFlag = False,
) -> None:
    """企业证照 Take claims of enterprises and hand them to the signer's desk (signer_url).

    Example: anzheng serve wallet --port 8474
    """
    from anzheng.server import serve as run
    from anzheng.wallet_service import create_wallet, open_wallet

    settings = public_settings_of(context)
    with answering(as_json=as_json) as out, open_wallet(settings) as parts:
        at, on = place(settings, host, port)
        out.say({"url": f"http://{at}:{on}"}, [f"http://{at}:{on} (Ctrl-C ends)"])
        run(create_wallet(parts), at, on)
