"""Where a webhook goes: a URL taken apart once, by rules narrower than those of browsers.

Whatever two parsers could read differently is refused, and the request is made from the parts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

import idna

from zhifu.exceptions import InvalidInput
from zhifu.notify.addresses import is_public

LONGEST_URL = 2_048

_PORTS = {"https": 443, "http": 80}
_PRINTABLE = re.compile(r"[!-~]+", re.ASCII)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?", re.ASCII)
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_PORT = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)
#: Names that lead into somebody's own network, whoever answers for them.
_PRIVATE_NAMES = (
    *("localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home"),
    *("lan", "arpa", "onion", "alt", "invalid", "test"),
    # Services that hand a public name back as the private address written in it.
    *("localtest.me", "lvh.me", "nip.io", "sslip.io", "xip.io", "vcap.me", "lacolhost.com"),
)


@dataclass(frozen=True, slots=True)
class Destination:
    """The parts of a checked URL. `host` is ASCII, without brackets; `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Rules:
    """What destinations are allowed.

    `ports` are those that https may use. `development_hosts` (names or addresses such as
    `127.0.0.1`) may be reached by http too, at any port, wherever they are: for development only.
    """

    ports: frozenset[int] = frozenset({443})
    development_hosts: frozenset[str] = frozenset()


PUBLIC_ONLY = Rules()
"""https at its own port, to public addresses."""

_THIS_MACHINE = Rules(development_hosts=frozenset({"127.0.0.1", "::1", "localhost"}))


def rules_on(chain_id: int) -> Rules:
    """The rules beside a chain: beside a local one, webhooks may lead to this machine too."""
    # Imported here because it brings the library of keys along, which nothing else here needs.
    from zhifu.anvil import CHAIN_ID as LOCAL_CHAIN_ID

    return _THIS_MACHINE if chain_id == LOCAL_CHAIN_ID else PUBLIC_ONLY


def destination(url: str, rules: Rules = PUBLIC_ONLY) -> Destination:
    """Take a URL apart; raises InvalidInput, naming the rule that it breaks."""
    if not isinstance(url, str) or not 1 <= len(url) <= LONGEST_URL:
        raise _refused(f"must be a URL of at most {LONGEST_URL} characters")
    scheme, colon, rest = url.partition("://")
    scheme = scheme.lower()
    if not colon or scheme not in _PORTS:
        raise _refused("must begin with https://")
    authority, target = _split(rest)
    host, port = _host_and_port(authority, _PORTS[scheme])
    if host in rules.development_hosts:
        return Destination(scheme, host, port, target)
    if scheme != "https":
        raise _refused("must begin with https://")
    if port not in rules.ports:
        raise _refused(f"must use port {', '.join(map(str, sorted(rules.ports)))}")
    _require_public_name(host)
    return Destination(scheme, host, port, target)


def _split(rest: str) -> tuple[str, str]:
    """The authority, and path with query."""
    end = next((at for at, each in enumerate(rest) if each in "/?#\\"), len(rest))
    authority, target = rest[:end], rest[end:]
    if "#" in target:
        raise _refused("must have no fragment")
    if "\\" in target or (target and not _PRINTABLE.fullmatch(target)):
        raise _refused("must have a path of printable ASCII without backslashes")
    return authority, target if target.startswith("/") else "/" + target


def _host_and_port(authority: str, default: int) -> tuple[str, int]:
    if "@" in authority:
        raise _refused("must have no user name or password")
    host, port = authority, ""
    if authority.startswith("["):
        host, closed, port = authority[1:].partition("]")
        if not closed or (port and not port.startswith(":")):
            raise _refused("must have an IPv6 address in brackets")
        return _ipv6(host), _port(port, default)
    if ":" in authority:
        host, _, port = authority.partition(":")
        port = ":" + port
    return _name(host), _port(port, default)


def _port(text: str, default: int) -> int:
    if not text:
        return default
    if not _PORT.fullmatch(text[1:]) or int(text[1:]) > 65_535:
        raise _refused("must have a port from 1 to 65535")
    return int(text[1:])


def _ipv6(text: str) -> str:
    try:
        address = IPv6Address(text)
    except ValueError:
        raise _refused("must have an IPv6 address in brackets") from None
    if address.scope_id is not None:
        raise _refused("must name no network interface")
    return str(address)


def _name(text: str) -> str:
    """A host's name as the wire has it, or an IPv4 address in its usual form."""
    try:
        ascii_text = (text.isascii() and text) or idna.encode(text, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise _refused("must have a host whose name can be written by IDNA") from None
    host = ascii_text.lower()
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused("must have a host of letters, digits, hyphens and dots")
    if _NUMERIC.fullmatch(labels[-1]):
        return _ipv4(host)
    return host


def _ipv4(text: str) -> str:
    # Octal, hexadecimal, short and 32-bit forms mean different addresses to different readers.
    try:
        return str(IPv4Address(text))
    except ValueError:
        raise _refused("must write an IPv4 address as four decimal numbers") from None


def _require_public_name(host: str) -> None:
    if ":" in host or _NUMERIC.fullmatch(host.rpartition(".")[2]):
        if not is_public(host):
            raise _refused("must lead to a public address")
        return
    if "." not in host:
        raise _refused("must have a host with a domain")
    if any(host == name or host.endswith("." + name) for name in _PRIVATE_NAMES):
        raise _refused("must have a public host name")


def _refused(rule: str) -> InvalidInput:
    # Without the URL, which may hold what its owner keeps secret.
    return InvalidInput("url", rule)


def shown(url: str) -> str:
    """A URL for logs: without its query, which may hold what its owner keeps secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
