"""Packages from npm that tests and measurements run: exact versions, no scripts, no lock file, kept in a cache."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

INSTALL = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--silent"]


class Missing(AssertionError):
    """A package, or the program that runs it, cannot be had; the message is for whoever runs the tests."""


@dataclass(frozen=True)
class Package:
    """One version. `file` is what is used of it, `sha256` what that file must be (none: not checked)."""

    name: str
    version: str
    file: str
    sha256: str = ""


AXE = Package("axe-core", "4.14.1", "axe.min.js", "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c")
VNU = Package(
    "vnu-jar", "26.9.27", "build/dist/vnu.jar", "22f15dd39a33bed929d2a5c0cddf5946849a647eca9272bf4d5d00bc7e7a4d47"
)
LIGHTHOUSE = Package("lighthouse", "12.2.3", "cli/index.js")


def cache() -> Path:
    """Where downloads of the tests stay between two runs."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "guichet"


def installed(package: Package) -> Path:
    """The file of the package, installed at the first call. Raises Missing."""
    home = cache() / "npm" / f"{package.name}-{package.version}"
    found = home / "node_modules" / package.name / package.file
    if not found.is_file():
        _install(package, home)
    if package.sha256 and hashlib.sha256(found.read_bytes()).hexdigest() != package.sha256:
        raise Missing(f"{package.name} {package.version} n'est pas le fichier attendu : effacez {home}.")
    return found


def _install(package: Package, home: Path) -> None:
    if shutil.which("npm") is None:
        raise Missing(f"{package.name} s'installe avec npm, qui est introuvable : installez Node.js et npm.")
    home.parent.mkdir(parents=True, exist_ok=True)
    # Beside its place, then moved there whole: two runs may install at once.
    with tempfile.TemporaryDirectory(dir=home.parent) as name:
        place = Path(name) / "new"
        place.mkdir()
        wanted = {"private": True, "dependencies": {package.name: package.version}}
        (place / "package.json").write_text(json.dumps(wanted))
        done = subprocess.run(INSTALL, cwd=place, capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise Missing(f"{package.name} {package.version} n'a pas pu être installé : {done.stderr.strip()[-300:]}")
        if home.is_dir() and not (home / "node_modules" / package.name / package.file).is_file():
            shutil.rmtree(home)
        try:
            place.rename(home)
        except OSError:
            if not home.is_dir():
                raise
