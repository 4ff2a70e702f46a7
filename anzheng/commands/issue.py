"""`anzheng issue`: sign, anchor, fill and publish everything that is released."""

import typer

from anzheng.commands.common import EXIT_FAILED, JsonFlag, answering, settings_of


def issue(context: typer.Context, *, as_json: JsonFlag = False) -> None:
    """签发 Sign, anchor, fill and publish everything that is released, and say where all stands.

    Safe to stop and to run again at any moment. Exit code 1 when something is parked.

    Example: anzheng issue --json
    """
    from anzheng.flows.anchor import BatchRule
    from anzheng.jobs import run_until_quiet
    from anzheng.store.licences import FlowState
    from anzheng.wiring import open_installation

    settings = settings_of(context)
    rule = BatchRule(settings.anchor_batch_licences, seconds=0)
    with answering(as_json=as_json) as out, open_installation(settings) as installation:
        run_until_quiet(installation, rule)
        with installation.base.store.read() as unit:
            counts = {state.value: count for state, count in unit.licences.counts().items()}
            parked = unit.licences.in_state(FlowState.PARKED)
        out.say(
            {
                "counts": counts,
                "parked": [
                    {
                        "licence_no": row.licence_no,
                        "version": row.version,
                        "code": row.parked_code,
                        "message": row.parked_message,
                    }
                    for row in parked
                ],
            },
            [
                *(f"{state} {count}" for state, count in counts.items()),
                *(f"parked {row.licence_no}: {row.parked_code}" for row in parked),
            ],
        )
        if parked:
            raise typer.Exit(EXIT_FAILED)
