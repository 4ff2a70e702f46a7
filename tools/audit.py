"""Look for known holes in what we install, and write down what that is.

Leaves in var/audit: `sbom.cdx.json` (CycloneDX), `python.json` and `node.json` (findings). Ends
with 1 when there is a finding, else with 2 when something could not be asked about: not knowing is
not "no holes".
"""

import json
import subprocess
import sys
from pathlib import Path

from tools.sbom import NODE_LIST, PYTHON_LIST, ROOT, sbom

OUT = ROOT / "var" / "audit"
FOUND, UNKNOWN = 1, 2


def run(command: list[str], folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a command and keep what it says."""
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def python_packages() -> tuple[str, int]:
    """Ask pip-audit about the hashed list that is installed to run."""
    findings = OUT / "python.json"
    findings.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip"]
    command += ["--requirement", str(PYTHON_LIST), "--progress-spinner", "off"]
    done = run([*command, "--format", "json", "--output", str(findings)])
    if not findings.exists():
        return f"pip-audit could not answer: {done.stderr.strip()[-300:]}", UNKNOWN
    packages = json.loads(findings.read_text("utf-8"))["dependencies"]
    holes = sorted({p["name"] for p in packages if p.get("vulns")})
    skipped = [p["name"] for p in packages if "skip_reason" in p]
    sentence = f"pip-audit: {len(packages) - len(skipped)} of {len(packages)} packages known to it"
    return f"{sentence}, with holes: {', '.join(holes) or 'none'}", _code(len(holes), len(skipped))


def node_packages() -> tuple[str, int]:
    """Ask npm about the locked packages."""
    done = run(["npm", "audit", "--json"], NODE_LIST.parent)
    (OUT / "node.json").write_text(done.stdout, "utf-8")
    answer = json.loads(done.stdout or "{}")
    counts = answer.get("metadata", {}).get("vulnerabilities")
    if counts is None:
        return f"npm audit could not answer: {str(answer.get('message'))[:120]}", UNKNOWN
    return f"npm audit: with holes: {counts['total'] or 'none'}", _code(counts["total"], 0)


def _code(holes: int, unknown: int) -> int:
    if holes:
        return FOUND
    return UNKNOWN if unknown else 0


def main() -> None:
    """Write the SBOM, ask both, say both; a finding decides before a missing answer."""
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "sbom.cdx.json").write_text(sbom(), "utf-8")
    answers = [python_packages(), node_packages()]
    for sentence, _ in answers:
        print(f"audit: {sentence}")
    codes = {code for _, code in answers}
    if UNKNOWN in codes:
        print("audit: not everything could be asked about; this is no clean bill")
    print(f"audit: the SBOM and the findings are in {OUT.relative_to(ROOT)}")
    sys.exit(next((code for code in (FOUND, UNKNOWN) if code in codes), 0))


if __name__ == "__main__":
    main()
