"""What a command says when something of ours fails: one line, with what the node said."""

import json

import pytest
import typer

from anzheng.commands.common import answering
from licence.errors import AnzhengError, Code

REFUSED = AnzhengError(
    Code.CHAIN_UNAVAILABLE, "the node answers with an error", rpc_message="insufficient funds"
)


def test_the_nodes_own_words_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as left, answering(as_json=False):
        raise REFUSED
    assert left.value.exit_code == 1
    line = capsys.readouterr().err
    assert line.startswith("CHAIN_UNAVAILABLE: ")
    assert line.endswith("the node answers with an error: insufficient funds\n")


def test_machines_find_them_among_the_facts(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), answering(as_json=True):
        raise REFUSED
    assert json.loads(capsys.readouterr().out)["facts"] == {"rpc_message": "insufficient funds"}
