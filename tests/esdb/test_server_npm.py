"""What the npm client `@eventstore/db-client` sees of the server: the checks are in `npm/*.mjs`, run once."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.esdb_server import certificates
from tests.esdb_server.process import EsdbServer, free_port

NPM = Path(certificates.__file__).parent / "npm"
SCRIPTS = sorted(NPM.glob("*.mjs"))
NAMES = [name for script in SCRIPTS for name in re.findall(r'^check\("(.+?)"', script.read_text(), re.MULTILINE)]
MISSING = [tool for tool in ("node", "npm") if shutil.which(tool) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"{' and '.join(MISSING)} cannot be found on this machine")


@pytest.fixture(scope="module")
def verdicts(server: EsdbServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    """Each check's error, or None."""
    place = tmp_path_factory.mktemp("npm")
    for path in (NPM / "package.json", *SCRIPTS):
        shutil.copy(path, place)
    install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--silent"]
    subprocess.run(install, cwd=place, check=True, timeout=120)
    pair = certificates.make(place, "esdb")
    ports = [free_port(), free_port()]
    members = ["--cluster", ",".join(f"127.0.0.1:{port}" for port in ports)]
    secured = ["--cert", str(pair.certificate), "--key", str(pair.key), "--user", "admin:changeit"]
    with ExitStack() as stack:
        leader, follower = (stack.enter_context(EsdbServer(place / "cluster", *members, port=port)) for port in ports)
        secure = stack.enter_context(EsdbServer(place / "secure", *secured, "--reader", "auditor:looks"))
        plain = [node.uri.replace("Tls", "tls") for node in (server, leader, follower)]
        uris = [*plain, f"esdb://admin:changeit@{secure.target}?tlsCAFile={pair.certificate}"]
        done = subprocess.run(["node", "checks.mjs", *uris], cwd=place, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    # One that the runner forgot to import would be missing here.
    return {line["name"]: line["error"] for line in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", NAMES)
def test_the_npm_client_sees_that(name: str, verdicts: dict[str, str | None]) -> None:
    assert verdicts[name] is None
