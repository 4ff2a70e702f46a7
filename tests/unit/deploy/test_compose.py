"""`docker-compose.yml` and `Dockerfile` are read as an engine reads them; none runs here."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import yaml
from typer.main import get_command

from anzheng.cli import app
from anzheng.settings import Settings, load
from tests.unit.deploy.dockerfile import instructions
from verifier.service.settings import ServiceSettings

ROOT: Final = Path(__file__).parents[3]
COMPOSE: Final[dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
CEREMONY: Final[dict[str, Any]] = yaml.safe_load((ROOT / "deploy/ceremony.yml").read_text("utf-8"))
"""The one container that sees every key; never started by `up`."""

OURS: Final = tuple(name for name, each in SERVICES.items() if each["image"].startswith("anzheng:"))
WITH_KEYS: Final = ("signer", "anchor", "confirmer")
HOME: Final = "${ANZHENG_HOME:?}"
PUBLIC: Final = {f"{HOME}/anchor/trust", f"{HOME}/anchor/public/log", f"{HOME}/signer/public/pki"}
"""What others see of a folder that has keys in it: nothing secret, and only to read."""


def mounts(name: str) -> Iterator[tuple[str, str, bool]]:
    """Yield source, place and whether it is read only, of each volume of a service."""
    for text in SERVICES[name].get("volumes", ()):
        # The source may have a colon: ${NAME:?}.
        source, place, mode = re.fullmatch(r"(\$\{[^}]+\}[^:]*|[^:]+):([^:]+)(:ro)?", text).groups()  # type: ignore[union-attr]
        yield source, place, mode is not None


def secrets_of(name: str) -> Iterator[tuple[str, str]]:
    """Yield the secrets of a service, each with the file's name in the container."""
    for each in SERVICES[name].get("secrets", ()):
        if isinstance(each, str):
            yield each, each
        else:
            yield each["source"], each["target"]


def test_it_is_what_the_specification_describes() -> None:
    schema = json.loads((ROOT / "tests/assets/compose/compose-spec.json").read_text("utf-8"))
    checker = jsonschema.Draft202012Validator(schema)
    assert [error.message for error in checker.iter_errors(COMPOSE)] == []
    broken = COMPOSE | {"services": SERVICES | {"signer": {"comand": "x"}}}
    assert list(checker.iter_errors(broken))


def test_every_process_of_the_design_is_there() -> None:
    wanted = {"registry", "verifier", "signer", "anchor", "confirmer", "wallet", "console"}
    assert wanted | {"redis", "postgres", "besu"} <= set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_is_root_or_may_become_it(name: str) -> None:
    service = SERVICES[name]
    user, _, group = service["user"].partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all("exec" not in each or "noexec" in each for each in service.get("tmpfs", ()))
    assert service["pids_limit"] > 0
    assert service["mem_limit"]


@pytest.mark.parametrize("name", SERVICES)
def test_everybody_s_health_is_asked(name: str) -> None:
    service = SERVICES[name]
    if "profiles" in service:
        return
    assert service["healthcheck"]["test"][0] == "CMD"
    for other, condition in service.get("depends_on", {}).items():
        assert condition == {"condition": "service_healthy"}
        assert "healthcheck" in SERVICES[other]


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_named_by_a_version(name: str) -> None:
    _, _, tag = SERVICES[name]["image"].partition(":")
    assert re.fullmatch(r"\d+\.\d+(\.\d+)?(-[a-z]+)?", tag), tag


@pytest.mark.parametrize("name", OURS)
def test_every_command_exists_and_takes_its_options(name: str) -> None:
    service = SERVICES[name]
    words = [*service.get("entrypoint", ["anzheng"])[1:], *service["command"]]
    root = get_command(app)
    # As the program reads its arguments, up to where it would begin to work.
    context, rest = root.make_context("anzheng", list(words), resilient_parsing=False), words
    assert isinstance(context.command, type(root))
    rest = [*context._protected_args, *context.args]
    command: Any = root
    while rest and hasattr(command, "commands"):
        command = command.commands[rest[0]]
        context = command.make_context(rest[0], rest[1:], parent=context)
        rest = [*getattr(context, "_protected_args", ()), *context.args]
    assert not rest


def fields_of(prefix: str, model: type[Settings] | type[ServiceSettings]) -> set[str]:
    """Return the environment variables that settings have."""
    return {f"{prefix}{name.upper()}" for name in model.model_fields}


def known_names() -> set[str]:
    """Return all environment variables that a process of ours reads."""
    return fields_of("ANZHENG_", Settings) | fields_of("ANZHENG_VERIFIER_", ServiceSettings)


@pytest.mark.parametrize("name", OURS)
def test_every_variable_and_secret_is_a_setting(name: str) -> None:
    for variable in SERVICES[name].get("environment", {}):
        assert variable in known_names(), variable
    for _, target in secrets_of(name):
        by_path = f"/run/secrets/{target}" in SERVICES[name].get("environment", {}).values()
        assert by_path or target.upper() in known_names(), target


def test_every_secret_is_there_and_used() -> None:
    used = {source for name in SERVICES for source, _ in secrets_of(name)}
    assert used == set(COMPOSE["secrets"])
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"{HOME}/secrets/{name}"}


def test_no_secret_stands_in_the_file() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            secret = re.search("PASSWORD|TOKEN|PIN|DATABASE_URL", variable)
            assert secret is None or variable.endswith("_FILE") or not value, (name, variable)


def test_the_password_of_a_process_s_keys_is_its_own() -> None:
    passwords = [
        source
        for name in WITH_KEYS
        for source, target in secrets_of(name)
        if target == "anzheng_key_password"
    ]
    assert len(set(passwords)) == len(WITH_KEYS)
    others = [name for name in SERVICES if name not in WITH_KEYS]
    assert not {source for name in others for source, _ in secrets_of(name)} & set(passwords)


@pytest.mark.parametrize("owner", WITH_KEYS)
def test_nobody_else_sees_the_folder_with_a_process_s_keys(owner: str) -> None:
    folder = f"{HOME}/{owner}"
    assert (folder, "/data", False) in list(mounts(owner))
    for name in SERVICES:
        for source, _place, read_only in mounts(name):
            reaches = source == folder or folder.startswith(f"{source}/")
            assert not reaches or name == owner, (name, source)
            if source.startswith(f"{folder}/") and name != owner:
                assert source in PUBLIC, (name, source)
                assert read_only, (name, source)


def test_processes_without_keys_are_given_none() -> None:
    for name in ("console", "wallet", "registry", "verifier", "desk"):
        for source, _place, _read_only in mounts(name):
            assert not source.endswith(("/signer", "/anchor", "/confirmer", "/keys")), (
                name,
                source,
            )


def networks(name: str) -> set[str]:
    """Return the networks of a service."""
    return set(SERVICES[name]["networks"])


def test_networks_keep_apart_what_must_not_meet() -> None:
    facing = {name for name in SERVICES if networks(name) & {"internet", "intranet"}}
    assert facing == {"registry", "verifier", "wallet", "console"}
    assert {name for name in SERVICES if "chain" in networks(name)} == {
        *("anchor", "confirmer", "besu"),
    }
    # Whoever faces people reaches neither chain nor node; the verifier no database either.
    assert networks("signer") == {"signing", "database", "timestamps"}
    assert networks("verifier") == {"internet", "lookups", "state"}
    assert networks("wallet") == {"internet", "signing"}
    for name in ("signing", "lookups", "database", "chain", "state"):
        assert COMPOSE["networks"][name] == {"internal": True}


def test_only_who_faces_people_has_ports() -> None:
    published = {name: SERVICES[name]["ports"] for name in SERVICES if "ports" in SERVICES[name]}
    assert set(published) == {"registry", "verifier", "wallet", "console"}
    assert published["console"] == ["127.0.0.1:8473:8473"]


def test_who_only_reads_has_the_reader_s_address() -> None:
    for name in ("registry", "console", "confirmer"):
        databases = {source for source, _ in secrets_of(name) if source.startswith("database")}
        assert databases == {"database_reader_url"}, name
    assert not [source for source, _ in secrets_of("wallet")]


def test_what_is_mounted_from_here_exists() -> None:
    for name in SERVICES:
        for source, _place, _ in mounts(name):
            if source.startswith("./"):
                assert (ROOT / source).exists(), source


def test_the_common_settings_are_good_and_name_services() -> None:
    place = ROOT / "deploy" / "config.toml"
    settings = load(place, key_password="x", heartbeat="alive")
    assert not settings.chain_devnet
    for name in ("chain_rpc_url", "signer_url", "registry_ca_url"):
        host = tomllib.loads(place.read_text("utf-8"))[name].split("/")[2].partition(":")[0]
        assert host in SERVICES


def test_the_ceremony_s_container_is_a_file_of_its_own() -> None:
    schema = json.loads((ROOT / "tests/assets/compose/compose-spec.json").read_text("utf-8"))
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(CEREMONY)) == []
    (name,) = CEREMONY["services"]
    service = CEREMONY["services"][name]
    assert name not in SERVICES
    assert service["profiles"] == ["ceremony"]
    assert service["networks"] == ["chain"]
    assert "ports" not in service
    alike = ("image", "user", "read_only", "cap_drop", "security_opt")
    assert all(service[each] == SERVICES["signer"][each] for each in alike)


# ---------------------------------------------------------------- the image


def test_what_the_image_is_built_from_exists_and_is_sent_to_the_builder() -> None:
    allowed = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }
    found = 0
    for name, text in instructions(ROOT / "Dockerfile"):
        words = shlex.split(text)
        if name != "COPY" or any(word.startswith("--from") for word in words):
            continue
        for source in words[:-1]:
            found += 1
            assert (ROOT / source).exists(), source
            assert any(source == each or source.startswith(f"{each}/") for each in allowed), source
    assert found > 10


def test_stages_that_are_copied_from_exist() -> None:
    read = list(instructions(ROOT / "Dockerfile"))
    stages = {text.split()[-1] for name, text in read if name == "FROM"}
    named = {
        stage
        for name, text in read
        if name == "COPY"
        for stage in re.findall(r"--from=(\S+)", text)
    }
    assert named <= stages
    assert all(SERVICES[name]["build"]["target"] in stages for name in OURS)
    for name, text in read:
        if name == "FROM":
            assert re.search(r":\d+\.\d+\.\d+-", text), text


def test_the_image_runs_as_the_user_of_the_compose_file() -> None:
    last = [text for name, text in instructions(ROOT / "Dockerfile") if name == "USER"][-1]
    assert {SERVICES[name]["user"] for name in OURS} == {last}
    assert "--require-hashes" in (ROOT / "Dockerfile").read_text("utf-8")


def test_the_version_of_the_image_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {SERVICES[name]["image"] for name in OURS} == {f"anzheng:{project['version']}"}
