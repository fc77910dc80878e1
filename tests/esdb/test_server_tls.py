"""TLS and basic authentication, which only travels over TLS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from esdbclient import EventStoreDBClient, StreamState
from esdbclient.exceptions import AccessDeniedError, EventStoreDBClientException, GrpcError, ServiceUnavailable

from tests.esdb_server.certificates import Pair, make
from tests.esdb_server.process import EsdbServer
from tests.support.esdb import connect, event, events

ANY, NO_STREAM = StreamState.ANY, StreamState.NO_STREAM
KINDS = ["append", "batch", "asyncio"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return make(tmp_path_factory.mktemp("tls"), "esdb")


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory, pair: Pair) -> Iterator[EsdbServer]:
    users = ["--user", "admin:changeit", "--reader", "auditor:looks"]
    options = ["--cert", str(pair.certificate), "--key", str(pair.key), *users]
    with EsdbServer(tmp_path_factory.mktemp("secure"), *options) as server:
        yield server


def uri(server: EsdbServer, who: str, authority: Path | None, host: str = "127.0.0.1") -> str:
    query = f"?TlsCaFile={authority}" if authority else ""
    return f"esdb://{who}@{host}:{server.port}{query}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_who_has_a_password_reads_and_writes_over_tls(
    secure: EsdbServer, pair: Pair, kind: str, host: str, stream: str
) -> None:
    client = await connect(kind, uri(secure, "admin:changeit", pair.certificate, host))
    await client.append(stream, NO_STREAM, event())
    await client.append(stream, 0, *events(2))
    assert await client.revisions(stream) == [0, 1, 2]
    subscription = await client.follow(stream)
    assert (await subscription.next()).stream_position == 0
    await subscription.stop()
    await client.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_who_may_only_read_is_refused_when_he_writes(
    secure: EsdbServer, pair: Pair, kind: str, stream: str
) -> None:
    admin = await connect(kind, uri(secure, "admin:changeit", pair.certificate))
    await admin.append(stream, NO_STREAM, event())
    auditor = await connect(kind, uri(secure, "auditor:looks", pair.certificate))
    assert await auditor.revisions(stream) == [0]
    with pytest.raises(AccessDeniedError):
        await auditor.append(stream, 0, *events(2))
    # One event by itself, the synchronous client says no more than that there was an error; so it does of deletions.
    with pytest.raises((AccessDeniedError, GrpcError)):
        await auditor.append(stream, 0, event())
    for attempt in (auditor.delete, auditor.tombstone):
        with pytest.raises(GrpcError, match="Access Denied"):
            await attempt(stream, 0)
    assert await admin.revisions(stream) == [0]
    await admin.close()
    await auditor.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("who", ["admin:wrong", "nobody:changeit"])
async def test_a_wrong_password_opens_nothing(secure: EsdbServer, pair: Pair, kind: str, who: str, stream: str) -> None:
    client = await connect(kind, uri(secure, who, pair.certificate))
    for attempt in (lambda: client.read(stream), lambda: client.append(stream, ANY, event())):
        with pytest.raises(GrpcError, match=r"Unauthorized|Internal error"):
            await attempt()
    await client.close()


def test_credentials_may_differ_from_call_to_call(secure: EsdbServer, pair: Pair, stream: str) -> None:
    with closing(EventStoreDBClient(uri(secure, "auditor:looks", pair.certificate))) as client:
        as_admin = client.construct_call_credentials("admin", "changeit")
        client.append_to_stream(stream, current_version=ANY, events=[event()], credentials=as_admin)
        assert len(client.get_stream(stream)) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_certificate_of_another_authority_is_not_trusted(
    secure: EsdbServer, kind: str, tmp_path: Path, stream: str
) -> None:
    client = await connect(kind, uri(secure, "admin:changeit", make(tmp_path, "other").certificate))
    with pytest.raises(ServiceUnavailable):
        await client.read(stream)
    await client.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_without_tls_nothing_is_understood(secure: EsdbServer, kind: str, stream: str) -> None:
    client = await connect(kind, secure.uri)
    with pytest.raises(EventStoreDBClientException):
        await client.append(stream, ANY, event(), timeout=2)
    await client.close()


async def test_the_authority_may_be_handed_over_as_bytes(secure: EsdbServer, pair: Pair, stream: str) -> None:
    authority = pair.certificate.read_bytes()
    client = await connect("asyncio", uri(secure, "admin:changeit", None), root_certificates=authority)
    await client.append(stream, NO_STREAM, event())
    await client.close()
