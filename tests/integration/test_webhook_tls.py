"""By TLS a receiver is the one that the URL names, wherever the connection goes (NOTE-7)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from zhifu.notify.sender import Outcome, Sender

HOST, PUBLIC = "hooks.shop.example", "93.184.216.34"


class Cable(httpcore.AnyIOBackend):
    """Leads every connection to a port of this machine, and notes where it should have gone."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.meant: list[tuple[str, int]] = []

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *rest: Any, **options: Any
    ) -> httpcore.AsyncNetworkStream:
        self.meant.append((host, port))
        return await super().connect_tcp("127.0.0.1", self._port, timeout)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of HOST that vouches for itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return file


class Server:
    """Answers 204 by TLS, and notes the names that it was asked for."""

    def __init__(self, certificate: Path) -> None:
        self.names: list[str | None] = []
        self.hosts: list[str] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.context.sni_callback = lambda _, name, __: self.names.append(name)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        self.hosts += [line.partition(": ")[2] for line in head if line.startswith("host: ")]
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()


async def send(url: str, server: Server, trusted: Path | None) -> tuple[Outcome, Cable]:
    async def resolver(host: str, port: int) -> Sequence[str]:
        return [PUBLIC]

    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=server.context)
    cable = Cable(listening.sockets[0].getsockname()[1])
    tls = ssl.create_default_context(cafile=str(trusted)) if trusted else None
    async with listening, Sender(resolver=resolver, network=cable, tls=tls) as sender:
        return await sender.post(url, {}, b"{}"), cable


def test_name_and_certificate_are_the_urls_and_the_address_is_the_checked_one(
    certificate: Path,
) -> None:
    server = Server(certificate)
    outcome, cable = asyncio.run(send(f"https://{HOST}/", server, certificate))
    assert outcome.status == 204
    assert cable.meant == [(PUBLIC, 443)]
    assert server.names == [HOST]
    assert server.hosts == [HOST]


def test_a_server_of_another_name_is_not_told(certificate: Path) -> None:
    server = Server(certificate)
    outcome, _ = asyncio.run(send("https://other.example/", server, certificate))
    assert outcome.error == "connection_failed"
    assert server.hosts == []


def test_a_server_that_nobody_vouches_for_is_not_told(certificate: Path) -> None:
    server = Server(certificate)
    outcome, _ = asyncio.run(send(f"https://{HOST}/", server, None))
    assert outcome.error == "connection_failed"
    assert server.hosts == []
