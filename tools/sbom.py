"""The list of everything that we install, from the lock files alone (CycloneDX 1.5, JSON)."""

import base64
import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON_LIST = ROOT / "requirements" / "all.txt"
NODE_LIST = ROOT / "contracts" / "package-lock.json"

Component = dict[str, object]


def python_components(text: str) -> list[Component]:
    """Return the components of a hashed requirements list."""
    found = re.findall(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", text, re.MULTILINE)
    return [component("pypi", name, version, ()) for name, version in found]


def node_components(text: str) -> list[Component]:
    """Return the components of a package-lock.json, with their digests."""
    packages: dict[str, dict[str, str]] = json.loads(text)["packages"]
    return [
        component(
            "npm",
            path.rpartition("node_modules/")[2],
            entry["version"],
            tuple(entry["integrity"].split()) if "integrity" in entry else (),
        )
        for path, entry in packages.items()
        if path
    ]


def component(kind: str, name: str, version: str, integrity: tuple[str, ...]) -> Component:
    """Return one CycloneDX component; `integrity` is as npm writes it (sha512-<base64>)."""
    purl = f"pkg:{kind}/{name.replace('@', '%40')}@{version}"
    digests = [
        {"alg": f"SHA-{algorithm[3:]}", "content": base64.b64decode(value).hex()}
        for algorithm, _, value in (one.partition("-") for one in integrity)
    ]
    return {
        "type": "library",
        "name": name,
        "version": version,
        "purl": purl,
        "bom-ref": purl,
        "hashes": digests,
    }


def sbom() -> str:
    """Return the SBOM; the same locks give the same bytes."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    components = [
        *python_components(PYTHON_LIST.read_text("utf-8")),
        *node_components(NODE_LIST.read_text("utf-8")),
    ]
    unique = {str(one["purl"]): one for one in components}
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": "anzheng",
                "version": version,
                "bom-ref": "anzheng",
            }
        },
        "components": [unique[purl] for purl in sorted(unique)],
    }
    return json.dumps(bom, indent=1) + "\n"
