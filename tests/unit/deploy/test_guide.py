"""docs/compose.md leads through the files that are there, with commands that exist."""

import re
from pathlib import Path
from typing import Final

import pytest
from typer.main import get_command

from anzheng.cli import app

ROOT: Final = Path(__file__).parents[3]
TEXT: Final = (ROOT / "docs" / "compose.md").read_text("utf-8")
SHELL: Final = "\n".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL))
BEGINNING: Final = r"(?:\bdesk desk|ceremony|config\.toml|anzheng)"
WORDS: Final = r"((?:[a-z][a-z-]* )*[a-z][a-z-]*)(?= |\n)"
SAID: Final = sorted(set(re.findall(f"{BEGINNING} {WORDS}", SHELL)))


@pytest.mark.parametrize("words", SAID)
def test_commands_of_the_guide_exist(words: str) -> None:
    command: object = get_command(app)
    for word in words.split():
        known = getattr(command, "commands", None)
        if known is None:
            return
        assert word in known, words
        command = known[word]


def test_the_guide_has_commands() -> None:
    assert len(SAID) >= 8


def test_every_secret_is_made_by_the_guide() -> None:
    made = set(re.findall(r"> (\w+)$", TEXT, re.MULTILINE)) | {"besu_node_key"}
    made |= {
        f"{who}_key_password" for who in ("signer", "anchor", "confirmer", "ceremony", "report")
    }
    made |= {f"postgres{who}_password" for who in ("", "_owner", "_reader")}
    compose = (ROOT / "docker-compose.yml").read_text("utf-8")
    wanted = set(re.findall(r"/secrets/(\w+)\"", compose))
    assert wanted
    assert wanted <= made
