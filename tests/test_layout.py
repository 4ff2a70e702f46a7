"""House rules that no linter knows: sizes of files, package names, what is not committed."""

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tools import error_codes

ROOT = Path(__file__).resolve().parent.parent
NOTES = ("docs/research/", "docs/design.md")
PACKAGES = ("licence", "signer", "anchor", "wallet", "verifier", "anzheng")
MAX_LINES = 400
MAX_TEST_LINES = 500
GENERATED = ("contracts/artifacts/", "requirements/", "package-lock.json", "tests/compat/v1/")
TEXT: tuple[str, ...] = (
    ".py",
    ".md",
    ".toml",
    ".json",
    ".sol",
    ".cjs",
    ".mjs",
    ".js",
    ".ts",
    ".typ",
    ".txt",
)
TEXT += (".sh", ".yml", ".yaml", ".xml", ".java", ".cddl", ".in", ".ini", ".mako")

# In pieces, so that this file does not contain what it looks for.
HOSTS: tuple[str, ...] = (
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
)
HOSTS += ("maven" + ".org", "deb." + "debian.org", "proxy." + "golang.org", "crates" + ".io")
MACHINE_PATH = re.compile(r"(?<![A-Za-z0-9_.~-])/(?:work|tmp|root|home/[a-z]+)/[A-Za-z0-9_.-]+")
LEFT_OPEN = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|raise NotImplemented" + r"Error)\b")
SKIPPED = re.compile(r"pytest\.mark\.(?:skip|xf" + r"ail)|pytest\.sk" + r"ip\(")
MAY_SKIP = "tests/conftest.py"  # the one rule for missing tools
PLACE = re.compile(
    r"`((?:licence|signer|anchor|wallet|verifier|anzheng|tests|tools|docs)/[\w./-]+)`"
)
LINK = re.compile(r"\]\(([^)\s]+)\)")


@cache
def tracked() -> tuple[str, ...]:
    """Return the files that git keeps, or will keep once added."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(name for name in done.stdout.splitlines() if (ROOT / name).is_file())


def texts(*endings: str) -> list[tuple[str, str]]:
    """Return name and text of the tracked files with one of these endings."""
    names = (name for name in tracked() if name.endswith(endings))
    return [(name, (ROOT / name).read_text("utf-8")) for name in names]


def documents() -> list[tuple[str, str]]:
    """Return our documents; the founders' notes stay as they were written."""
    return [
        one for one in texts(".md") if not one[0].startswith(NOTES) or one[0].endswith("README.md")
    ]


def test_no_other_distribution_ships_our_package_names() -> None:
    providers = packages_distributions()
    foreign = {name: set(providers.get(name, ())) - {"anzheng"} for name in PACKAGES}
    assert not {name: found for name, found in foreign.items() if found}


SERVICE: tuple[str, ...] = ("verifier/service/", "verifier/report_file/")


@pytest.mark.parametrize(
    ("places", "apart", "extras"),
    [
        (("licence/", "verifier/"), SERVICE, ()),
        (SERVICE, (), ("verifier-service",)),
        (("wallet/",), (), ("wallet",)),
        (("signer/", "anchor/", "anzheng/"), (), ("wallet", "authority")),
    ],
)
def test_every_library_that_is_imported_is_declared(
    places: tuple[str, ...], apart: tuple[str, ...], extras: tuple[str, ...]
) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = project["optional-dependencies"]
    lists = (project["dependencies"], *(optional[extra] for extra in extras))
    declared = {_plain(re.split("[^A-Za-z0-9_.-]", line)[0]) for each in lists for line in each}
    providers = packages_distributions()
    foreign = {
        (name, module)
        for name, text in texts(".py")
        if name.startswith(places) and not (apart and name.startswith(apart))
        for module in _imported(text) - sys.stdlib_module_names - set(PACKAGES)
        if not {_plain(each) for each in providers.get(module, ())} & declared
    }
    assert not foreign


def _plain(distribution: str) -> str:
    return re.sub("[-_.]+", "-", distribution).lower()


def _imported(text: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_files_stay_short_enough_to_read() -> None:
    long = {
        name: lines
        for name, text in texts(".py", ".sol", ".ts", ".js", ".cjs", ".java")
        if not any(part in name for part in GENERATED)
        and (lines := text.count("\n"))
        > (MAX_TEST_LINES if name.startswith("tests/") else MAX_LINES)
    }
    assert not long


def test_no_registry_host_is_committed() -> None:
    found = [(n, host) for n, text in texts(*TEXT, "Makefile") for host in HOSTS if host in text]
    assert not found


def test_no_path_of_a_machine_is_committed() -> None:
    found = [(n, hit) for n, text in texts(*TEXT, "Makefile") for hit in MACHINE_PATH.findall(text)]
    assert not found


def test_nothing_is_left_open_or_skipped() -> None:
    code = texts(".py", ".sol", ".js", ".cjs", ".java", ".typ")
    assert not [name for name, text in code if LEFT_OPEN.search(text)]
    assert not [name for name, text in code if SKIPPED.search(text) and name != MAY_SKIP]


def test_package_inits_only_re_export() -> None:
    kinds = re.compile(r"^(?:def |class |if |for |while |try|with )", re.MULTILINE)
    inits = [(n, t) for n, t in texts("__init__.py") if n.split("/")[0] in PACKAGES]
    assert not [name for name, text in inits if kinds.search(text)]


def test_links_between_documents_resolve() -> None:
    links = [
        (name, target)
        for name, text in documents()
        for link in LINK.findall(text)
        if "://" not in link and (target := link.split("#")[0])
    ]
    assert not [one for one in links if not (ROOT / one[0]).parent.joinpath(one[1]).exists()]


def test_places_named_in_documents_exist() -> None:
    named = [(name, place) for name, text in documents() for place in PLACE.findall(text)]
    assert named
    assert not [one for one in named if not (ROOT / one[1]).exists()]


def test_every_make_command_in_the_documents_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    said = {
        (name, target)
        for name, text in documents()
        for target in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)
    }
    assert said
    assert not [(name, target) for name, target in said if target not in targets]


def test_every_code_is_documented() -> None:
    written = (ROOT / "docs" / "errors.md").read_text("utf-8")
    assert written == error_codes.page(), "run `make errors`"


def test_make_help_lists_every_target_with_a_sentence() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    bare = [line for line in makefile.splitlines() if re.match(r"[a-z-]+:(?!.*## )", line)]
    assert not bare
