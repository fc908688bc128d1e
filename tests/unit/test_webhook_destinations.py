"""Webhooks go to public addresses only (NOTE-6, NOTE-7)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpcore
import pytest

from zhifu.exceptions import InvalidInput
from zhifu.notify.addresses import is_public
from zhifu.notify.destination import Destination, Rules, destination
from zhifu.notify.sender import Sender

#: Addresses that nobody on the internet answers at, by why.
PRIVATE_ADDRESSES = {
    "unspecified": "0.0.0.0 0.1.2.3 ::",
    "loopback": "127.0.0.1 127.0.1.1 127.255.255.254 ::1",
    "private": "10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 192.168.255.255",
    "unique local": "fc00::1 fd00::1 fdff:ffff::1",
    "site local": "fec0::1 feff::1",
    "link local": "169.254.0.1 169.254.255.255 fe80::1 febf::1 fe80::1%eth0",
    "carrier-grade NAT": "100.64.0.1 100.127.255.254",
    "metadata": "169.254.169.254 169.254.170.2 100.100.100.200 192.0.0.192 168.63.129.16"
    " fd00:ec2::254 fd20:ce::254",
    "multicast": "224.0.0.1 239.255.255.250 ff02::1 ff0e::1",
    "reserved": "240.0.0.1 255.255.255.254 255.255.255.255 192.0.0.1 5f00::1 4000::1 c000::1",
    "documentation": "192.0.2.1 198.51.100.1 203.0.113.1 2001:db8::1 3fff::1",
    "benchmarks": "198.18.0.1 198.19.255.255 2001:2::1",
    "relays": "192.88.99.1 192.31.196.1 192.52.193.1 192.175.48.1 2620:4f:8000::1",
    "IPv4-mapped": "::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:8.8.8.8"
    " ::ffff:7f00:1 ::ffff:0:127.0.0.1",
    "IPv4-compatible": "::127.0.0.1 ::10.0.0.1 ::a9fe:a9fe",
    "NAT64": "64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::10.0.0.1",
    "6to4": "2002:7f00:1:: 2002:a00:1::1 2002:a9fe:a9fe::",
    "Teredo": "2001:0:4136:e378:8000:63bf:3fff:fdd2 2001::1 2001:0:7f00:1::",
    "ISATAP": "2600:1f00::5efe:10.0.0.1 2600:1f00::200:5efe:127.0.0.1",
    "discard": "100::1",
}
PRIVATE = [each for group in PRIVATE_ADDRESSES.values() for each in group.split()]
PUBLIC = ["8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00::1"]

#: What a URL must not be, by the rule it breaks.
HOSTILE_URLS = {
    "other schemes": """
        http://shop.example/ ftp://shop.example/ file:///etc/passwd gopher://shop.example/
        javascript:alert(1) data:text/html,x ws://shop.example/ wss://shop.example/ //shop.example/
        shop.example https: https:shop.example https:/shop.example HTTP://shop.example/
        dict://shop.example:11211/ ldap://shop.example/ unix:///run/docker.sock
        jar:https://shop.example/ blob:https://shop.example/ httpss://shop.example/""",
    "credentials": """
        https://user@shop.example/ https://user:password@shop.example/ https://@shop.example/
        https://:@shop.example/ https://shop.example@127.0.0.1/ https://127.0.0.1@shop.example/
        https://shop.example:443@10.0.0.1/ https://a@b@shop.example/ https://shop.example%40x@y.example/""",
    "loopback": """
        https://127.0.0.1/ https://127.1.2.3/ https://127.0.0.1:443/ https://0.0.0.0/ https://[::1]/
        https://[::]/ https://[0:0:0:0:0:0:0:1]/ https://[::ffff:127.0.0.1]/ https://[::127.0.0.1]/
        https://[::ffff:7f00:1]/ https://[64:ff9b::7f00:1]/ https://[2002:7f00:1::]/""",
    "private": """
        https://10.0.0.1/ https://172.16.0.1/ https://192.168.1.1/ https://100.64.0.1/
        https://169.254.169.254/latest/meta-data/ https://[fe80::1]/ https://[fd00::1]/
        https://[fd00:ec2::254]/ https://100.100.100.200/ https://168.63.129.16/ https://224.0.0.1/
        https://255.255.255.255/ https://198.18.0.1/ https://192.0.0.192/ https://[ff02::1]/""",
    "numbers": """
        https://2130706433/ https://0x7f000001/ https://017700000001/ https://0177.0.0.1/
        https://0x7f.0.0.1/ https://0x7f.1/ https://127.1/ https://127.0.1/ https://0/ https://1/
        https://00000177.0.0.1/ https://127.0.0.01/ https://127.0.0.0x1/ https://0xA9FEA9FE/
        https://2852039166/ https://0xa9.0xfe.0xa9.0xfe/ https://0251.0376.0251.0376/
        https://4294967296/ https://256.0.0.1/ https://1.2.3.4.5/ https://127.0.0.1.5/ https://10.1/
        https://3232235777/ https://0300.0250.01.01/ https://1e3/ https://127.0.0.0x/ https://8.8.8/
        https://+127.0.0.1/ https://-1/ https://127.0.0.1,8.8.8.8/""",
    "dots and labels": """
        https://127.0.0.1./ https://localhost./ https://shop.example./ https://.shop.example/
        https://shop..example/ https://./ https://../ https:/// https://:443/ https://?x
        https://#x https://-shop.example/ https://shop-.example/ https://shop_.example/
        https://*.shop.example/ https://sh!op.example/ https://shop,example/ https://shop;example/""",
    "own names": """
        https://localhost/ https://LOCALHOST/ https://localhost:443/ https://a.localhost/
        https://localhost.localdomain/ https://printer.local/ https://db.internal/
        https://metadata.google.internal/ https://metadata/ https://instance-data/ https://db/
        https://kubernetes.default.svc.cluster.local/ https://router.lan/ https://nas.home.arpa/
        https://intranet/ https://wiki.corp/ https://nas.home/ https://x.onion/ https://a.test/
        https://a.invalid/ https://1.0.0.127.in-addr.arpa/ https://127.0.0.1.nip.io/
        https://10.0.0.1.sslip.io/ https://app.localtest.me/ https://lvh.me/ https://x.intranet/
        https://host.docker.internal/ https://gateway.docker.internal/""",
    "other alphabets": """
        https://ⓛocalhost/ https://１２７.０.０.１/ https://127。0。0。1/ https://127．0．0．1/
        https://ｌｏｃａｌｈｏｓｔ/ https://①②⑦.⓪.⓪.①/ https://shop.example／evil/ https://loc\u00adalhost/
        https://①⑥⑨.②⑤④.①⑥⑨.②⑤④/ https://[::①]/ https://xn--/ https://a\u200d.example/
        https://０x7f.1/ https://shop\u2024example/ https://printer。local/ https://\u202eshop/""",
    "ports": """
        https://shop.example:80/ https://shop.example:22/ https://shop.example:6379/
        https://shop.example:0/ https://shop.example:65536/ https://shop.example:99999/
        https://shop.example:-1/ https://shop.example:/ https://shop.example:443x/
        https://shop.example:0443/ https://shop.example:+443/ https://shop.example:４４３/
        https://shop.example:443:443/ https://[2606:4700::1111]:25/ https://8.8.8.8:53/""",
    "brackets": """
        https://[/ https://]/ https://[]/ https://[::1 https://::1/ https://2606:4700::1111/
        https://[::1]x/ https://[::1]443/ https://[fe80::1%25eth0]/ https://[fe80::1%eth0]/
        https://[127.0.0.1]/ https://[shop.example]/ https://[v1.fe80]/ https://[::1]@shop.example/""",
    "other readings": r"""
        https://shop.example\@127.0.0.1/ https://127.0.0.1\@shop.example/ https:\\shop.example\
        https://shop.example\.evil.example/ https://shop.example#@127.0.0.1/ https://shop.example/#x
        https://127.0.0.1%2f@shop.example/ https://%31%32%37.0.0.1/ https://shop%2eexample/
        https://shop.example%00.evil.example/ https://shop.example%0d%0aHost:x/ https://a^b.example/
        https://shop.example/\..\admin https://shop.example/ü https://<script>/ https://a|b.example/
        https://127.0.0.1#.shop.example/ https://127.0.0.1?.shop.example/ https://{host}/""",
}
WITH_SPACES = [
    *(" https://shop.example/", "https://shop.example/ ", "https://shop.example/a b", "https:// /"),
    *("https://shop.example\t/", "https://shop.example\n/", "https://shop.example/\r\nHost: x"),
    *("https://sh op.example/", "https://shop.example/\x00", "\thttps://shop.example/", "", " "),
    *("https://127.0.0.1 /", "https://shop.example/\x7f", "https://\x00shop.example/"),
    *("https://" + "a" * 64 + ".example/", "https://" + "a." * 130 + "example/"),
    "https://shop.example/" + "a" * 2_048,
]
HOSTILE = [*(each for group in HOSTILE_URLS.values() for each in group.split()), *WITH_SPACES]


def test_there_are_at_least_200_hostile_urls() -> None:
    assert len(set(HOSTILE)) >= 200


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        destination(url)
    assert refused.value.field == "url"


@pytest.mark.parametrize("url", [None, 1, b"https://shop.example/", ["https://shop.example/"]])
def test_what_is_no_text_is_no_url(url: object) -> None:
    with pytest.raises(InvalidInput):
        destination(url)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://shop.example", Destination("https", "shop.example", 443, "/")),
        ("HTTPS://Shop.Example/Hooks?a=B", Destination("https", "shop.example", 443, "/Hooks?a=B")),
        ("https://shop.example?a", Destination("https", "shop.example", 443, "/?a")),
        ("https://shop.example:443/", Destination("https", "shop.example", 443, "/")),
        ("https://知付.example/a", Destination("https", "xn--bnqr41h.example", 443, "/a")),
        ("https://8.8.8.8/", Destination("https", "8.8.8.8", 443, "/")),
        ("https://[2606:4700:0::1111]/", Destination("https", "2606:4700::1111", 443, "/")),
    ],
)
def test_an_ordinary_url_is_taken_apart(url: str, expected: Destination) -> None:
    assert destination(url) == expected


def test_ports_and_development_hosts_are_allowed_by_name_only() -> None:
    rules = Rules(frozenset({443, 8443}), frozenset({"127.0.0.1", "::1", "shop.test"}))
    assert destination("https://shop.example:8443/", rules).authority == "shop.example:8443"
    assert destination("http://127.0.0.1:3000/", rules).port == 3000
    assert destination("http://[::1]:3000/", rules).authority == "[::1]:3000"
    assert destination("http://shop.test/", rules).port == 80
    for url in ("http://127.0.0.2/", "http://a.shop.test/", "http://shop.example/", "http://0/"):
        with pytest.raises(InvalidInput):
            destination(url, rules)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["", "shop.example", "127.1", "1", "8.8.8.8 ", "8.8.8.8/32"])
def test_what_is_no_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_other_addresses_are_public(address: str) -> None:
    assert is_public(address)


class Wire(httpcore.AsyncMockBackend):
    """A network on which everything answers, and which notes the addresses that were asked for."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") -> None:
        super().__init__([answer])
        self.connected: list[tuple[str, int]] = []

    async def connect_tcp(
        self, host: str, port: int, *rest: object, **options: object
    ) -> httpcore.AsyncNetworkStream:
        self.connected.append((host, port))
        return await super().connect_tcp(host, port)


class Names:
    """A resolver that gives each answer once, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def post(url: str, names: Names, wire: Wire, rules: Rules | None = None) -> str | None:
    async def send() -> str | None:
        sender = Sender(rules or Rules(), resolver=names, network=wire)
        async with sender:
            return (await sender.post(url, {}, b"{}")).error

    return asyncio.run(send())


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_to_a_private_address_is_not_called(address: str) -> None:
    for answer in ([address], ["8.8.8.8", address], [address, "8.8.8.8"]):
        wire = Wire()
        assert post("https://shop.example/", Names(answer), wire) == "forbidden_address"
        assert wire.connected == []


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_url_that_got_into_the_books_is_not_called(url: str) -> None:
    wire, names = Wire(), Names(["8.8.8.8"])
    assert post(url, names, wire) == "invalid_input"
    assert (wire.connected, names.asked) == ([], 0)


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """A second answer, which would be private, is never asked for."""
    wire, names = Wire(), Names(["93.184.216.34"], ["127.0.0.1"])
    assert post("https://shop.example/", names, wire) is None
    assert wire.connected == [("93.184.216.34", 443)]
    assert names.asked == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["https://127.0.0.1/", "http://169.254.169.254/", "/again"])
def test_a_redirect_is_a_failure_and_not_followed(status: int, location: str) -> None:
    answer = f"HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    wire, names = Wire(answer.encode()), Names(["93.184.216.34"])
    assert post("https://shop.example/", names, wire) == "redirect"
    assert wire.connected == [("93.184.216.34", 443)]


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    wire = Wire()
    assert post("https://shop.example/", Names(["93.184.216.34"]), wire) is None
    assert wire.connected == [("93.184.216.34", 443)]
