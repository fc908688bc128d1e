"""Each configured platform: its standing, its keys, what it can pay, and what gas its keys have."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from zhifu import accounts
from zhifu.blocks import checksum_address
from zhifu.config import PlatformSettings, require_plain_key_allowed
from zhifu.contracts import PlatformRegistry
from zhifu.doctor.case import Case, SkippedError
from zhifu.doctor.finding import Finding, Verdict, failure, fine, warning
from zhifu.doctor.network import gas_price
from zhifu.exceptions import InvalidInput
from zhifu.models import PlatformStatus
from zhifu.settlement import Settlement
from zhifu.signing import LocalSigner

_BATCH_GAS = 250_000
_ORDER_GAS = 400
_FEW_BATCHES = 50
_WEI = 10**18


def check_command_line_key(case: Case) -> Iterator[Finding]:
    """The key that commands sign with, if one is given."""
    settings = case.settings
    if settings.key:
        yield _plain_key(case, settings.key)
    if settings.keystore:
        try:
            signer = LocalSigner.from_keystore(settings.keystore, settings.password or "")
        except InvalidInput as error:
            advice = "set ZHIFU_PASSWORD to its password, or keystore to a key file"
            yield failure("key.keystore", str(error), advice)
        else:
            yield fine("key.keystore", signer.address)


def _plain_key(case: Case, key: str) -> Finding:
    advice = "keep it in an encrypted file: zhifu key import NAME"
    try:
        address = LocalSigner.from_key(key).address
    except InvalidInput as error:
        return failure("key.ZHIFU_KEY", str(error), "set it to 32 bytes in hexadecimal")
    try:
        require_plain_key_allowed(case.settings, case.need_chain().chain_id)
    except InvalidInput:
        saw = f"{address}, not encrypted, and chain {case.chain.chain_id} is not for development"
        return failure("key.ZHIFU_KEY", saw, advice)
    if case.is_development:
        return fine("key.ZHIFU_KEY", f"{address}, on a development chain")
    return warning("key.ZHIFU_KEY", f"{address}, not encrypted", advice)


def check_platforms(case: Case) -> Iterator[Finding]:
    """Whether there are any."""
    numbers = sorted(case.settings.platforms)
    if numbers:
        yield fine("platforms", ", ".join(map(str, numbers)))
    else:
        saw = "none configured: on a local chain `zhifu serve` acts for all whose keys are here"
        yield fine("platforms", saw)


def check_standing(case: Case, number: int) -> Iterator[Finding]:
    """Whether a platform is admitted, and open."""
    registry = _registry(case)
    name = f"platform.{number}"
    if number > registry.platform_count():
        advice = "use the number that the network gave the platform (zhifu platform list)"
        yield failure(name, "the network has no such platform", advice)
        return
    status = registry.platform_of(number).status
    if status is PlatformStatus.ACTIVE:
        yield fine(name, "active")
    else:
        advice = "ask the network's owner: nothing it sells is settled until it is active"
        yield failure(name, status.name.lower(), advice)


def check_money(case: Case, number: int) -> Iterator[Finding]:
    """What a platform can pay for its sales, and how much it may top learners up."""
    deployment = case.need_deployment()
    settlement = Settlement(case.chain, deployment.settlement)

    def shown(units: int) -> str:
        amount = Decimal(units).scaleb(-deployment.ledger_decimals)
        return f"{amount.normalize():f} {deployment.currency}"

    available = settlement.available_of(accounts.of_platform(number))
    if available > 0:
        yield fine(f"platform.{number}.balance", shown(available))
    else:
        advice = "deposit (zhifu deposit): its orders wait until it can pay for them"
        yield warning(f"platform.{number}.balance", shown(available), advice)
    per_day, left = settlement.top_up_limit_of(number)
    saw = f"{shown(left)} of {shown(per_day)} are left today" if per_day else "none allowed"
    if per_day and not left:
        advice = "top-ups wait until tomorrow (UTC), or its owner raises the limit"
        yield warning(f"platform.{number}.top_ups", saw, advice)
    else:
        yield fine(f"platform.{number}.top_ups", saw)


def check_key(case: Case, number: int, keystore: Path) -> Iterator[Finding]:
    """Whether a key file opens, may act for its platform, and has money for gas."""
    name = f"platform.{number}.key.{keystore.name}"
    address, finding = _opened(case, name, case.settings.platforms[number], keystore)
    yield finding
    if address is None:
        return
    try:
        yield _operator(case, f"{name}.operator", number, address)
        yield _gas(case, f"{name}.gas", address)
    except SkippedError as skipped:
        yield Finding(f"{name}.operator", Verdict.SKIPPED, str(skipped))


def _opened(
    case: Case, name: str, platform: PlatformSettings, keystore: Path
) -> tuple[str | None, Finding]:
    """The address of a key file, and what opening it found."""
    password = platform.password.reveal() if platform.password else None
    if password is None and case.ask is not None:
        password = case.ask(f"Password of {keystore}: ")
    if password is None:
        return _unopened(name, keystore)
    try:
        signer = LocalSigner.from_keystore(keystore, password)
    except InvalidInput as error:
        return None, failure(name, str(error), "name a key file, and the password that opens it")
    if keystore.stat().st_mode & stat.S_IRWXO:
        saw = f"{signer.address} opens, but others may read {keystore}"
        return signer.address, warning(name, saw, f"chmod 600 {keystore}")
    return signer.address, fine(name, f"{signer.address} opens")


def _unopened(name: str, keystore: Path) -> tuple[str | None, Finding]:
    """A key file whose password nobody is there to be asked for."""
    try:
        address = str(json.loads(keystore.read_text(encoding="utf-8"))["address"])
        address = checksum_address("0x" + address.removeprefix("0x"))
    except (OSError, ValueError, KeyError, TypeError, InvalidInput):
        return None, failure(name, f"{keystore} is no key file", "name a key file")
    advice = "run this at a terminal to see that its password is known"
    return address, warning(name, f"{address}; its password is asked for at the start", advice)


def _operator(case: Case, name: str, number: int, address: str) -> Finding:
    registry = _registry(case)
    operator = registry.operator_of(address)
    if operator.platform == number and operator.active:
        return fine(name, f"active, lane {operator.lane}")
    if operator.platform == number:
        return failure(name, "stopped", "let the platform's owner name it again, or use another")
    if operator.platform:
        saw = f"it acts for platform {operator.platform}"
        return failure(name, saw, "use a key of this platform")
    if registry.is_named(number, address):
        return fine(name, "named; it accepts at the start")
    advice = f"let the platform's owner name it: zhifu platform operator {number} {address}"
    return failure(name, "not an operator of the platform", advice)


def _registry(case: Case) -> PlatformRegistry:
    deployment = case.need_deployment()
    return PlatformRegistry(case.chain, deployment.registry)


def _gas(case: Case, name: str, address: str) -> Finding:
    price = gas_price(case)
    balance = case.chain.balance(address)
    saw = f"{(Decimal(balance) / _WEI).normalize():f} ether"
    if price == 0:
        return fine(name, f"{saw}; gas costs nothing")
    batch = price * (_BATCH_GAS + _ORDER_GAS * case.settings.batches.size)
    batches = balance // batch
    if batches == 0:
        return failure(name, f"{saw}, too little for one batch", f"send ether to {address}")
    if batches < _FEW_BATCHES:
        return warning(name, f"{saw}, enough for {batches} batches", f"send ether to {address}")
    return fine(name, f"{saw}, enough for {batches} batches")
