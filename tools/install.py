"""Install what a target of the Makefile needs, and say plainly what is missing where it cannot.

Used by the Makefile only, before there is a virtual environment: standard library only, and it
must at least start on an old Python in order to say that it is too old.

    python3 tools/install.py venv all|dev      .venv with hashed requirements and this project
    python3 tools/install.py analysers         .analysers with slither and halmos, for the contract
    python3 tools/install.py node FOLDER...    npm ci --ignore-scripts in each folder
    python3 tools/install.py system NAME...    programs such as qpdf; apt-get where we are root
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
ANALYSERS = ROOT / ".analysers"
PYTHON_NEEDED = (3, 11)
NODE_NEEDED = (20, 19)
ATTEMPTS = 3
PAUSE_SECONDS = 5

# Program -> Debian package that brings it.
PACKAGES = {
    "pdfsig": "poppler-utils",
    "pdftotext": "poppler-utils",
    "qpdf": "qpdf",
    "mutool": "mupdf-tools",
    "exiftool": "libimage-exiftool-perl",
    "chromium": "chromium",
    "openssl": "openssl",
    "softhsm2-util": "softhsm2",
    "java": "default-jdk-headless",
    "javac": "default-jdk-headless",
    "mvn": "maven",
    "pg_createcluster": "postgresql",
    "redis-server": "redis-server",
}


def stop(message: str) -> None:
    """Say what is wrong and what to do, then end."""
    sys.exit(f"install: {message}")


def run(command: list[str], folder: Path = ROOT) -> None:
    """Run a command that may fail because of the network: again, a few times, then give up."""
    for attempt in range(1, ATTEMPTS + 1):
        done = subprocess.run(command, cwd=folder, check=False)
        if done.returncode == 0:
            return
        if attempt < ATTEMPTS:
            print(f"install: attempt {attempt} failed; again in {PAUSE_SECONDS} s", flush=True)
            time.sleep(PAUSE_SECONDS)
    stop(f"this failed {ATTEMPTS} times: {' '.join(command)}")


def install_packages(packages: list[str]) -> None:
    """Install Debian packages, or say which ones an administrator has to install."""
    line = f"apt-get install -y --no-install-recommends {' '.join(packages)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        stop(f"please install these and run the command again: {line}")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    run(["apt-get", "update", "-q"])
    run(["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages])


def system(programs: list[str]) -> None:
    """Make sure that the programs are on PATH."""
    missing = sorted({PACKAGES[name] for name in programs if shutil.which(name) is None})
    if missing:
        install_packages(missing)


def find_python() -> str:
    """Return a Python that is new enough and can make virtual environments."""
    for name in (sys.executable, "python3", "python3.14", "python3.13", "python3.12", "python3.11"):
        found = shutil.which(name)
        if found is None:
            continue
        probe = "import sys; print(sys.version_info >= " + str(PYTHON_NEEDED) + ")"
        done = subprocess.run([found, "-c", probe], capture_output=True, text=True, check=False)
        if done.stdout.strip() == "True":
            return found
    stop("Python 3.11 or newer is needed (python3 is older); install python3.11 or newer")
    raise AssertionError


def environment(folder: Path, lists: list[str]) -> list[str]:
    """Make a virtual environment when it is not there and install exactly what the lists name.

    Returns the command that installs more into it.
    """
    python = folder / "bin" / "python"
    # A half-made environment (interrupted before pip came in) is made anew.
    if not python.exists() or not (folder / "bin" / "pip").exists():
        base = find_python()
        probe = subprocess.run(
            [base, "-c", "import ensurepip, venv"], capture_output=True, check=False
        )
        if probe.returncode != 0:
            install_packages(["python3-venv"])
        run([base, "-m", "venv", "--clear", str(folder)])
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for name in lists:
        print(f"install: requirements/{name}.txt", flush=True)
        run([*pip, "--require-hashes", "--requirement", f"requirements/{name}.txt"])
    return pip


def venv(extra: str) -> None:
    """Make `.venv`, with this project in it."""
    pip = environment(VENV, [extra, "tools"])
    # The build back-end comes from tools.txt, so that nothing is fetched without a hash.
    run([*pip, "--no-deps", "--no-build-isolation", "--editable", "."])


def node(folders: list[str]) -> None:
    """Install what each folder's package-lock.json names; no package may run a script."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        stop("Node.js 20.19 or newer with npm is needed; install nodejs and npm")
    answer = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    version = tuple(int(part) for part in answer.stdout.strip().lstrip("v").split(".")[:2])
    if version < NODE_NEEDED:
        stop(f"Node.js 20.19 or newer is needed, this is {answer.stdout.strip()}")
    for folder in folders:
        print(f"install: npm packages of {folder}", flush=True)
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], ROOT / folder)


def main(arguments: list[str]) -> None:
    """Do what is asked."""
    verb, names = (arguments[0], arguments[1:]) if arguments else ("", [])
    if verb == "venv" and len(names) == 1:
        venv(names[0])
    elif verb == "analysers" and not names:
        environment(ANALYSERS, ["analysers"])
    elif verb == "node" and names:
        node(names)
    elif verb == "system" and names:
        system(names)
    else:
        stop((__doc__ or "").strip())


if __name__ == "__main__":
    main(sys.argv[1:])
