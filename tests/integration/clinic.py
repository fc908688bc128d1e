"""A small network in good health, and the means to break each part of it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from eth_account import Account

from zhifu import accounts
from zhifu.anvil import Anvil, dev_key, dev_signer
from zhifu.chain import Chain
from zhifu.config import Settings
from zhifu.deployment import Network, deploy
from zhifu.doctor import Finding, examine
from zhifu.gateway import Gateway
from zhifu.operators import appoint

CHAIN_ID = 4242
ADMIN, OPERATOR, STRANGER = dev_signer(0), dev_signer(1), dev_signer(2)
PASSWORD = "correct horse"
DEPOSIT = 10**9

#: Opens at once, unlike a key file that is meant to be safe.
_FEW_ROUNDS = 2


@dataclass
class Clinic:
    """The network, and the variables of a gateway that is configured well."""

    anvil: Anvil
    network: Network
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    ahead_seconds: float = 0

    def examine(
        self, ask: Callable[[str], str] | None = None, **variables: str
    ) -> dict[str, Finding]:
        """What the doctor finds, by check; a variable here wins over the good one."""
        settings = Settings.load({**self.variables, **variables})

        def now() -> float:
            return time.time() + self.ahead_seconds

        return {each.check: each for each in examine(settings, ask=ask, now=now)}

    def set_code(self, name: str, change: Callable[[bytes], bytes]) -> None:
        """Put other code where a contract of the deployment is."""
        address = getattr(self.network.deployment, name)
        code = change(self.network.chain.code(address))
        self.anvil.rpc.call("anvil_setCode", address, "0x" + code.hex())

    @property
    def deployment_file(self) -> Path:
        return self.folder / "deployments" / f"{CHAIN_ID}.json"

    def rewrite_deployment(self, **changes: Any) -> None:
        """Change what the deployment file says."""
        file = self.deployment_file
        file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))

    def keystore(self, index: int, name: str) -> Path:
        """A key file of a development account."""
        return write_keystore(self.folder / name, index)


def write_keystore(path: Path, index: int) -> Path:
    keystore = Account.encrypt(
        bytes.fromhex(dev_key(index)[2:]), PASSWORD, kdf="pbkdf2", iterations=_FEW_ROUNDS
    )
    path.write_text(json.dumps(keystore))
    path.chmod(0o600)
    return path


def found_network(chain: Chain) -> Network:
    """A network with two platforms, of which the first has an operator and money."""
    network = Network(chain, deploy(chain, ADMIN))
    for number, owner in ((1, OPERATOR), (2, STRANGER)):
        network.registry.admit(ADMIN, f"platform {number}", owner.address, owner.address, 100, 0)
    appoint(network.registry, OPERATOR, 1, OPERATOR)
    network.token.mint(ADMIN, OPERATOR.address, DEPOSIT)
    network.token.approve(OPERATOR, network.settlement.address, DEPOSIT)
    network.settlement.deposit(OPERATOR, accounts.of_platform(1), DEPOSIT)
    return network


def clinic_in(folder: Path, anvil: Anvil, network: Network) -> Clinic:
    """A gateway's folder with a deployment file, books and a key file, and its variables."""
    clinic = Clinic(anvil, network, folder)
    network.deployment.save(clinic.deployment_file)
    clinic.variables = {
        "ZHIFU_HOME": str(folder),
        "ZHIFU_RPC": anvil.rpc_url,
        "ZHIFU_CHAIN__CONFIRMATIONS": "2",
        "ZHIFU_PLATFORMS__1__KEYSTORES": str(clinic.keystore(1, "operator.json")),
        "ZHIFU_PLATFORMS__1__PASSWORD": PASSWORD,
        "ZHIFU_PROVIDERS__LOCAL__KIND": "sandbox",
    }
    Gateway.open(f"sqlite:///{folder}/zhifu.sqlite3", network, {}, {}).close()
    return clinic


def _forwarded(url: str, body: bytes) -> bytes:
    headers = {"content-type": "application/json"}
    return httpx.post(url, content=body, headers=headers, trust_env=False).content


@contextmanager
def proxy(url: str, answers: Mapping[str, Any]) -> Iterator[str]:
    """A node that answers some methods, or a method with its first parameter, by itself."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            asked = json.loads(body)
            answer = None if isinstance(asked, list) else self._own(asked)
            content = answer or _forwarded(url, body)
            self.send_response(200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _own(self, asked: Mapping[str, Any]) -> bytes | None:
            first = asked["params"][0] if asked["params"] else ""
            for name in (asked["method"], f"{asked['method']} {first}"):
                if name in answers:
                    return json.dumps({"id": asked["id"], **answers[name]}).encode()
            return None

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
