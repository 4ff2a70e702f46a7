"""The SBOM lists every locked package, and another library reads it."""

import json
import warnings

from cyclonedx.model.bom import Bom

from tools.sbom import node_components, python_components, sbom

LIST = """rfc8785==0.1.4 \\
    --hash=sha256:00
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:11
"""
LOCK = """{"packages": {"": {"name": "x"},
 "node_modules/@a/b": {"version": "1.0.0", "integrity": "sha512-AAEC"},
 "node_modules/c/node_modules/d": {"version": "2.0.0"}}}"""


def test_every_requirement_is_a_component() -> None:
    assert [one["purl"] for one in python_components(LIST)] == [
        "pkg:pypi/rfc8785@0.1.4",
        "pkg:pypi/colorama@0.4.6",
    ]


def test_every_node_package_is_a_component_with_its_digest() -> None:
    first, second = node_components(LOCK)
    assert first["purl"] == "pkg:npm/%40a/b@1.0.0"
    assert first["hashes"] == [{"alg": "SHA-512", "content": "000102"}]
    assert second["name"] == "d"


def test_cyclonedx_library_reads_the_sbom() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own deprecations
        bom = Bom.from_json(json.loads(sbom()))  # type: ignore[attr-defined] # made by a decorator
    names = {component.name for component in bom.components}
    assert {"cryptography", "eth-account", "solc"} <= names
    assert sbom() == sbom()
