"""Webhooks from the command line: endpoints, their log, and events while developing."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.zhifu_process import EXECUTABLE, Zhifu, ZhifuHere
from tests.receiver import Receiver, Trouble
from zhifu.anvil import Anvil


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zhifu]:
    with Anvil() as chain:
        zhifu = ZhifuHere(tmp_path_factory.mktemp("home"), chain.rpc_url)
        zhifu("deploy")
        zhifu("platform", "add", "udemy")
        zhifu("learner", "register", "10", "-p", "udemy")
        zhifu("content", "publish", "-p", "udemy", "--ref", "cs50", "--price", "49.00")
        zhifu("deposit", "platform:udemy", "1000.00", "--mint")
        yield zhifu


@pytest.fixture
def zhifu(network: Zhifu, tmp_path: Path) -> Zhifu:
    """The network with books of its own."""
    variables = {"ZHIFU_DATABASE": f"sqlite:///{tmp_path / 'books.sqlite3'}"}
    return ZhifuHere(network.home, network.rpc_url, variables)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as opened:
        yield opened


def test_a_sale_is_told_to_its_platforms_server(zhifu: Zhifu, receiver: Receiver) -> None:
    made = zhifu.json("webhook", "add", receiver.url(), "-p", "udemy", "-t", "order.*")
    receiver.secrets["/hooks"] = made["secret"]
    zhifu("purchase", "udemy/cs50", "-l", "1", "-p", "udemy")
    assert zhifu.json("webhook", "deliver", "--once") == {"delivered": 1, "refused": 0}
    zhifu("settle")
    zhifu("webhook", "deliver", "--once")
    told = [each.event["type"] for each in receiver.accepted]
    assert told[0] == "order.paid"
    assert "order.settled" in told
    (listed,) = zhifu.json("webhook", "list", "-p", "udemy")
    assert (listed["endpoint"], listed["state"]) == (made["endpoint"], "enabled")
    assert "secret" not in listed


def test_what_failed_is_in_the_log_and_goes_out_again(zhifu: Zhifu, receiver: Receiver) -> None:
    made = zhifu.json("webhook", "add", receiver.url(), "-p", "udemy", "-t", "payment.paid")
    endpoint = made["endpoint"]
    receiver.secrets["/hooks"] = made["secret"]
    receiver.temper = lambda *_: Trouble.ERROR
    zhifu("purchase", "udemy/cs50", "-l", "1", "-p", "udemy")
    zhifu("webhook", "deliver", "--once")
    (line,) = zhifu.json("webhook", "log", endpoint, "-p", "udemy")
    assert (line["type"], line["state"]) == ("payment.paid", "due")
    assert [each["status"] for each in line["attempts"]] == [500]
    assert "payment.paid" in zhifu("webhook", "log", endpoint, "-p", "udemy")
    receiver.temper = lambda *_: None
    zhifu("webhook", "resend", endpoint, "-p", "udemy", "--event", line["event"])
    zhifu("webhook", "deliver", "--once")
    zhifu("webhook", "resend", endpoint, "-p", "udemy", "--first", "1", "--last", "9")
    zhifu("webhook", "deliver", "--once")
    assert [each.id for each in receiver.accepted] == [line["event"]] * 2
    assert zhifu.json("webhook", "prune", endpoint, "-p", "udemy") == {"pruned": 0}
    assert len(zhifu.json("webhook", "log", endpoint, "-p", "udemy")) == 1


def test_an_endpoint_is_changed_disabled_rotated_and_removed(
    zhifu: Zhifu, receiver: Receiver
) -> None:
    made = zhifu.json("webhook", "add", "https://hooks.udemy.example/", "-p", "udemy")
    which = (made["endpoint"], "-p", "udemy")
    assert zhifu.json("webhook", "change", *which, "--url", receiver.url())["types"] == ["*"]
    assert zhifu.json("webhook", "disable", *which)["state"] == "disabled"
    assert zhifu.json("webhook", "enable", *which)["state"] == "enabled"
    assert zhifu.json("webhook", "rotate", *which)["secret"] != made["secret"]
    zhifu("webhook", "remove", *which)
    assert zhifu.json("webhook", "list", "-p", "udemy") == []
    assert "endpoint: must exist" in zhifu.refused("webhook", "enable", *which)


@pytest.mark.parametrize(
    "url", ["https://10.0.0.1/", "http://shop.example/", "https://localhost./"]
)
def test_a_url_into_private_networks_is_refused(zhifu: Zhifu, url: str) -> None:
    assert zhifu.refused("webhook", "add", url, "-p", "udemy").startswith("url: must ")


def test_a_test_event_reaches_test_endpoints_and_whoever_listens(
    zhifu: Zhifu, receiver: Receiver
) -> None:
    for path, options in (("/live", ()), ("/test", ("--test",))):
        made = zhifu.json("webhook", "add", receiver.url(path), "-p", "udemy", *options)
        receiver.secrets[path] = made["secret"]
    event = zhifu.json("trigger", "order.paid", "-p", "udemy")["event"]
    zhifu("webhook", "deliver", "--once")
    assert [(each.path, each.id) for each in receiver.accepted] == [("/test", event)]
    listen = ("listen", "-p", "udemy", "--after", "0", "--limit", "1")
    (line,) = zhifu(*listen, "--json").splitlines()
    assert json.loads(line)["event"] == receiver.accepted[0].event
    assert "must be an event type" in zhifu.refused("trigger", "order.sold", "-p", "udemy")


def test_listening_forwards_what_happens_signed(zhifu: Zhifu, receiver: Receiver) -> None:
    """NOTE-13: in a process of its own, as a developer has it running beside the gateway."""
    endpoint = zhifu.json("webhook", "add", receiver.url(), "-p", "udemy")["endpoint"]
    secret = receiver.secrets["/dev"] = "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
    listening = subprocess.Popen(
        [
            *(str(EXECUTABLE), "listen", "-p", "udemy", "--forward-to", receiver.url("/dev")),
            *("--secret", secret, "--after", "0", "--limit", "2"),
        ],
        env=zhifu.environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    zhifu("purchase", "udemy/cs50", "-l", "2", "-p", "udemy")
    shown, _ = listening.communicate(timeout=120)
    assert listening.returncode == 0
    told = [each.event["type"] for each in receiver.of("/dev")]
    assert told == ["payment.paid", "order.paid"]
    assert shown.splitlines()[0] == f"Signing with {secret}"
    assert all(" 204 in " in line for line in shown.splitlines()[1:])
    assert receiver.forged == []
    assert zhifu.json("webhook", "log", endpoint, "-p", "udemy") == []


@pytest.mark.parametrize("wrong", [("--forward-to", "nonsense"), ("--type", "order.sold")])
def test_listening_refuses_what_it_cannot_use(zhifu: Zhifu, wrong: tuple[str, str]) -> None:
    assert " must " in zhifu.refused("listen", "-p", "udemy", "--after", "0", *wrong)
