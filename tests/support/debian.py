"""Programs from Debian's packages that tests need: found, else installed where that is possible, and said."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.support.npm import Missing, cache

APT = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]


def program(names: Iterable[str], package: str) -> str:
    """The path of the first of `names` that this machine has, after installing `package` if need be. Raises Missing."""
    names = tuple(names)
    if found := _on_path(names) or _private(names, package):
        return found
    if shutil.which("apt-get") is None:
        raise Missing(f"{names[0]} est introuvable, et cette machine n'a pas apt-get : installez {package}.")
    if os.geteuid() == 0:
        tell(f"{names[0]} est introuvable : apt-get installe {package}.")
        _apt("update")
        _apt("install", "-y", "--no-install-recommends", package)
        found = _on_path(names)
    else:
        tell(f"{names[0]} est introuvable : {package} est extrait dans {_home(package)}, pour les tests seuls.")
        extract(package, _home(package))
        found = _private(names, package)
    if not found:
        raise Missing(f"{package} est installé, mais {names[0]} reste introuvable.")
    return found


def extract(package: str, home: Path) -> None:
    """Without any right: the packages that are missing, unpacked under `home`. Raises Missing."""
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent) as name:
        place = Path(name)
        for part in ("lists/partial", "archives/partial", "debs", "root"):
            (place / part).mkdir(parents=True)
        private = [
            *("-o", f"Dir::State::lists={place / 'lists'}", "-o", f"Dir::Cache={place}"),
            *("-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User="),
        ]
        _apt(*private, "update")
        planned = _apt(*private, "install", "--simulate", "--no-install-recommends", package)
        wanted = {package} | {line.split()[1] for line in planned.splitlines() if line.startswith("Inst ")}
        _apt(*private, "download", *sorted(wanted), cwd=place / "debs")
        for deb in sorted((place / "debs").glob("*.deb")):
            subprocess.run(["dpkg", "-x", str(deb), str(place / "root")], check=True, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)
        (place / "root").rename(home)


def libraries(home: Path) -> str:
    """What LD_LIBRARY_PATH must be for a program unpacked under `home`."""
    return ":".join(str(path) for pattern in ("usr/lib/*-linux-gnu", "lib/*-linux-gnu") for path in home.glob(pattern))


def tell(line: str) -> None:
    """One line to whoever runs the tests; pytest does not swallow it."""
    print(line, file=sys.__stderr__, flush=True)


def _home(package: str) -> Path:
    return cache() / "debian" / package


def _on_path(names: Iterable[str]) -> str | None:
    return next((found for name in names if (found := shutil.which(name))), None)


def _private(names: Iterable[str], package: str) -> str | None:
    """A wrapper beside what was unpacked, which tells the program where its libraries are."""
    home = _home(package)
    for name in names:
        for place in (home / "usr/lib" / name / name, home / "usr/bin" / name, *home.glob(f"usr/lib/jvm/*/bin/{name}")):
            if place.is_file():
                wrapper = home / f"{name}.sh"
                wrapper.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH="{libraries(home)}" exec "{place}" "$@"\n')
                wrapper.chmod(0o755)
                return str(wrapper)
    return None


def _apt(*arguments: str, cwd: Path | None = None) -> str:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    command = [*APT, *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise Missing(f"apt-get {' '.join(arguments[-2:])} a échoué : {done.stderr.strip()[-300:]}")
    return done.stdout
