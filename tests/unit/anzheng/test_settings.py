"""Settings: where they come from, what production refuses."""

import tomllib
import traceback
from pathlib import Path

import pytest

from anzheng.cli import run
from anzheng.settings import Settings, load, load_public
from licence.errors import AnzhengError, Code
from tests.fakes.production import SAFE

EXAMPLE = Path(__file__).parents[3] / "config.example.toml"


def test_example_file_names_every_setting_with_its_default() -> None:
    written = tomllib.loads(EXAMPLE.read_text("utf-8"))
    assert set(written) == set(Settings.model_fields)
    assert dict(load(EXAMPLE)) == dict(load())


def test_every_setting_of_the_example_is_explained() -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    plain = {"listen_host", "listen_port", "tsa_timeout_seconds", "worker_poll_seconds"}
    for line in lines:
        name, equals, rest = line.partition(" = ")
        if equals and not line.startswith("#") and name not in plain:
            assert "  # " in rest, f"{name} has no comment"


def test_the_example_marks_what_production_refuses() -> None:
    marked = {
        line.partition(" = ")[0]
        for line in EXAMPLE.read_text("utf-8").splitlines()
        if " # (!)" in line
    }
    assert marked == set(SAFE) - {"environment"}


def test_production_with_the_defaults_names_everything_that_is_wrong() -> None:
    with pytest.raises(AnzhengError) as caught:
        load(environment="production")
    assert caught.value.code is Code.SETTINGS_UNSAFE
    assert set(str(caught.value.facts["fields"]).split(", ")) == set(SAFE) - {"environment"}
    for name in set(SAFE) - {"environment"}:
        assert name in caught.value.message


def test_a_process_without_keys_is_given_none_in_production() -> None:
    settings = load_public(environment="production", registry="cn-aqscxkz")
    assert settings.key_password.get_secret_value() == ""
    assert settings.chain_rpc_url == ""
    with pytest.raises(AnzhengError) as caught:
        load_public(listen_port=-1)
    assert caught.value.code is Code.SETTINGS_INVALID


def test_a_trial_cannot_have_real_seals() -> None:
    with pytest.raises(AnzhengError) as caught:
        load(sample_seals=False)
    assert caught.value.code is Code.SETTINGS_INVALID


def test_environment_wins_over_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('registry = "from-file"\nlisten_port = 1\n')
    monkeypatch.setenv("ANZHENG_REGISTRY", "from-environment")
    settings = load(file)
    assert (settings.registry, settings.listen_port) == ("from-environment", 1)


def test_arguments_win_over_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANZHENG_LISTEN_PORT", "2")
    assert load(listen_port=3).listen_port == 3


def test_safe_production_is_accepted() -> None:
    assert load(**SAFE).environment == "production"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("allow_test_keys", True),
        ("sample_seals", True),
        ("tsa_url", "test:"),
        ("chain_devnet", True),
        ("chain_id", 31337),
        ("chain_node", []),
        ("chain_node", [{"name": "one", "url": "https://one.example/"}]),
        ("key_password", ""),
        ("registry", "cn-aqsc-test"),
    ],
)
def test_production_refuses(field: str, value: object) -> None:
    with pytest.raises(AnzhengError) as caught:
        load(**{**SAFE, field: value})
    assert caught.value.code is Code.SETTINGS_UNSAFE
    assert caught.value.facts["fields"] == field


def _example_with_several_authorities() -> str:
    return _example_with_tables("tsa")


def _example_with_tables(name: str) -> str:
    """Return the example with the table of this name in place of its empty list."""
    head, _, tail = EXAMPLE.read_text("utf-8").partition(f"# [[{name}]]\n")
    head = "".join(
        line for line in head.splitlines(keepends=True) if not line.startswith(f"{name} = []")
    )
    table = tail.partition("\n\n")[0].splitlines()
    return head + f"[[{name}]]\n" + "\n".join(line.removeprefix("# ") for line in table)


def test_the_commented_table_of_the_example_is_a_node(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(_example_with_tables("chain_node"), "utf-8")
    (node,) = load(file).chain_node
    assert (node.name, node.url) == ("node1.example", "https://node1.example:8545")
    assert node.ca == Path("chain/node-ca.pem")


def test_three_nodes_serve_production_without_a_single_address() -> None:
    assert load(**{**SAFE, "chain_rpc_url": ""}).chain_node


def test_one_node_serves_production_where_blocks_are_proved_by_their_seals() -> None:
    sealed = {**SAFE, "chain_node": [], "anchor_evidence": "qbft-v1"}
    assert load(**sealed).chain_rpc_url
    with pytest.raises(AnzhengError) as caught:
        load(**{**sealed, "chain_rpc_url": ""})
    assert caught.value.facts["fields"] == "chain_rpc_url"


@pytest.mark.parametrize("mode", ["", "final", "depth", "depth:", "depth:-1", "depth:01", "qbft "])
def test_finality_is_one_of_three_modes(mode: str) -> None:
    with pytest.raises(AnzhengError) as caught:
        load(chain_finality=mode)
    assert caught.value.code is Code.SETTINGS_INVALID


def test_the_commented_table_of_the_example_is_a_timestamp_authority(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(_example_with_several_authorities(), "utf-8")
    (first,) = load(file).tsa
    assert (first.url, first.policy) == ("https://tsa.example/tsr", "1.2.3.4")
    assert len(first.chain) == len(first.crls) == 2


def _outside(**changes: object) -> dict[str, object]:
    return {
        "url": "https://tsa.example/",
        "policy": "1.2.3",
        "certificate": "a.pem",
        "chain": ["b.pem"],
        "crls": ["b.crl"],
    } | changes


def test_tables_of_authorities_make_our_own_responder_harmless_in_production() -> None:
    assert load(**{**SAFE, "tsa_url": "test:", "tsa": [_outside()]}).tsa


def test_production_refuses_an_authority_without_revocation_lists() -> None:
    with pytest.raises(AnzhengError) as caught:
        load(**{**SAFE, "tsa": [_outside(), _outside(crls=[])]})
    assert caught.value.code is Code.SETTINGS_UNSAFE
    assert caught.value.facts["fields"] == "tsa"


@pytest.mark.parametrize("changes", [{"url": "test:"}, {"chain": []}, {"name": "x"}])
def test_an_authority_is_described_whole(changes: dict[str, object]) -> None:
    with pytest.raises(AnzhengError) as caught:
        load(tsa=[_outside(**changes)])
    assert caught.value.code is Code.SETTINGS_INVALID


@pytest.mark.parametrize("text", ["unknown = 1", "listen_port = 99999", "= broken"])
def test_bad_file_is_one_typed_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(text)
    with pytest.raises(AnzhengError) as caught:
        load(file)
    assert caught.value.code is Code.SETTINGS_INVALID


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AnzhengError) as caught:
        load(tmp_path / "none.toml")
    assert caught.value.code is Code.SETTINGS_INVALID


def test_password_is_not_printed() -> None:
    assert "long and secret" not in repr(load(**SAFE))


@pytest.mark.parametrize("given", ['{"LIC": 99887766}', '["99887766"]', '{"LIC": "99887766"'])
def test_a_pin_that_is_written_wrongly_is_not_repeated(
    given: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANZHENG_PKCS11_PINS", given)
    with pytest.raises(AnzhengError) as caught:
        load()
    assert caught.value.code is Code.SETTINGS_INVALID
    assert "99887766" not in "".join(traceback.format_exception(caught.value))
    assert run(["authority", "keys", "list"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("SETTINGS_INVALID: ")
    assert "99887766" not in said.err + said.out
