"""`anzheng serve`: the long-running processes that answer over HTTP."""

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
    from anzheng.flows.trust import check_address
    from anzheng.server import serve as run
    from anzheng.wiring import open_installation

    settings = settings_of(context)
    with answering(as_json=as_json) as out, open_installation(settings) as installation:
        base = installation.base
        check_address(settings, base.trust_folder, now=base.clock.now())
        at, on = place(settings, host, port)
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
        at, on = place(settings, host, port)
        out.say({"url": f"http://{at}:{on}"}, [f"http://{at}:{on} (Ctrl-C ends)"])
        run(create_registry(parts), at, on)


def place(settings: Settings, host: str | None, port: int | None) -> tuple[str, int]:
    """Return where to listen: as the options say, else as the settings do."""
    return host or settings.listen_host, settings.listen_port if port is None else port
