"""What can be seen of the network, on the machine and in the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.differential.machine import Reverted
from tests.differential.model.batches import Batch
from tests.differential.model.holds import Hold
from tests.differential.model.orders import Placed
from tests.differential.model.roles import ARBITER, PAUSER
from tests.differential.model.trees import PLACES, learner_at
from tests.differential.model.words import NETWORK, of_address
from tests.differential.world import PEOPLE, World

BUCKET = 2**56 - 1
Key = tuple[str, Any]


class View(NamedTuple):
    """A question to a contract and the model's answer to it."""

    contract: str
    function: str
    arguments: tuple[Any, ...]
    answer: tuple[Any, ...]


class Buckets(NamedTuple):
    """A question for a hold, and what the model has in it at present."""

    function: str
    arguments: tuple[Any, ...]
    hold: Hold


class Views:
    """Compares a world's machine with its model."""

    def __init__(self, world: World) -> None:
        self._world, self._model = world, world.model
        self._of: dict[str, Callable[[Any], Iterator[View | Buckets]]] = {
            "window": self._window,
            "platform": self._platform,
            "operator": self._operator,
            "named": self._named,
            "role": self._role,
            "home": self._home,
            "key": self._key,
            "binding": self._binding,
            "content": self._content,
            "available": self._available,
            "content hold": self._content_hold,
            "commission": self._commission,
            "order": self._order,
            "lane": self._lane,
            "batch": self._batch,
            "spent": self._spent,
            "token": self._token,
            "balance": self._balance,
            "allowance": self._allowance,
            "mint allowance": self._mint_allowance,
            "used": self._used,
        }

    def differences(self, keys: set[Key]) -> list[str]:
        """Return what differs under some keys."""
        views = (view for kind, key in keys for view in self._of[kind](key))
        return [found for found in map(self._difference, views) if found]

    def all_keys(self) -> set[Key]:
        """Return the keys of everything that there is to see."""
        model = self._model
        tables = (
            model.platforms.members,
            model.platforms.operators,
            model.platforms.named,
            model.learners.keys,
            model.learners.bindings,
            model.contents.known,
            model.accounts.available,
            model.orders.placed,
            model.batches.last,
            model.batches.settled,
            model.batches.spent,
            model.licences.tokens,
            model.tokens.balances,
            model.tokens.allowances,
            model.tokens.mint_allowances,
            model.tokens.used,
        )
        keys: set[Key] = {(table.kind, key) for table in tables for key in table}
        keys |= {("content hold", number) for number in model.holds.contents}
        keys |= {("commission", key) for key in model.holds.commissions}
        keys |= {("available", of_address(each)) for each in PEOPLE.all}
        keys |= {("balance", each) for each in PEOPLE.all}
        keys |= {("window", class_) for class_ in range(len(model.classes.windows))}
        return keys | {("platform", NETWORK), ("role", ARBITER), ("role", PAUSER)}

    def _difference(self, view: View | Buckets) -> str:
        if isinstance(view, Buckets):
            return self._hold_difference(view)
        contract = self._world.contracts[view.contract]
        expected = contract.returned(view.function, view.answer)
        seen = self._ask(view.contract, view.function, view.arguments)
        if seen == expected:
            return ""
        return f"{view}: the machine says {seen.hex()}"

    def _hold_difference(self, view: Buckets) -> str:
        raw = int.from_bytes(self._ask("Settlement", view.function, view.arguments), "big")
        now = self._model.classes.epoch(view.hold.class_)
        seen, expected = buckets(raw, now), view.hold
        wanted = (
            expected.by_epoch.get(now, 0),
            expected.by_epoch.get(now - 1, 0),
            expected.matured(now),
        )
        return "" if seen == wanted else f"{view}: {wanted}, the machine says {seen}"

    def _ask(self, contract: str, function: str, arguments: tuple[Any, ...]) -> bytes:
        known = self._world.contracts[contract]
        try:
            return self._world.machine.view(known.address, known.calldata(function, arguments))
        except Reverted as refusal:
            return refusal.output

    # The registry

    def _window(self, class_: int) -> Iterator[View]:
        yield View("Settlement", "windowOf", (class_,), (self._model.classes.windows[class_],))

    def _platform(self, platform: int) -> Iterator[View]:
        member, now = self._model.platforms.member(platform), self._model.now
        yield View("PlatformRegistry", "platformOf", (platform,), (member.at(now),))
        yield View("PlatformRegistry", "changesOf", (platform,), (member.changes(now),))
        count = len(self._model.platforms.members)
        yield View("PlatformRegistry", "platformCount", (), (count,))

    def _operator(self, key: str) -> Iterator[View]:
        known = self._model.platforms.operators[key]
        values = (known.platform, known.lane, known.active)
        yield View("PlatformRegistry", "operatorOf", (key,), (values,))

    def _named(self, key: tuple[int, str]) -> Iterator[View]:
        yield View("PlatformRegistry", "isNamed", key, (self._model.platforms.named[key],))

    def _role(self, role: int) -> Iterator[View]:
        roles, view = self._model.roles, ("arbiter", "pauser")[role]
        yield View("PlatformRegistry", view, (), (roles.holders[role],))
        yield View("PlatformRegistry", "pendingRole", (role,), (roles.nominees[role],))

    def _home(self, learner: int) -> Iterator[View]:
        learners = self._model.learners
        yield View("PlatformRegistry", "homeOf", (learner,), (learners.home_of(learner),))
        yield View("PlatformRegistry", "learnerCount", (), (learners.highest,))

    def _key(self, learner: int) -> Iterator[View]:
        yield View("PlatformRegistry", "keyOf", (learner,), (self._model.learners.keys[learner],))

    def _binding(self, key: tuple[int, int]) -> Iterator[View]:
        bound = self._model.learners.bindings[key]
        yield View("PlatformRegistry", "bindingOf", key, (bound,))

    # Content and licences

    def _content(self, number: int) -> Iterator[View]:
        contents = self._model.contents
        content = contents.known[number]
        if content is None:
            return
        for day in range(contents.today - 1, contents.today + 2):
            answer = (content.price_on(day), content.active)
            yield View("Settlement", "priceOn", (number, day), answer)
        yield View("ContentLicense", "planOf", (number, 1), (content.host, content.plan))
        yield View("ContentLicense", "contentCount", (), (len(contents.known),))

    def _token(self, number: int) -> Iterator[View]:
        token = self._model.licences.tokens[number]
        yield View("ContentLicense", "holderOf", (number,), (token.holder,))
        shown = (number, token.content, token.holder)
        holds = int(token.holder, 16) != 0
        yield View("ContentLicense", "verifyToken", shown, (holds,))

    # Money

    def _available(self, account: int) -> Iterator[View]:
        available = self._model.accounts.available[account]
        yield View("Settlement", "availableOf", (account,), (available,))

    def _content_hold(self, number: int) -> Iterator[Buckets]:
        yield Buckets("holdOf", (number,), self._model.holds.contents[number])

    def _commission(self, key: tuple[int, int]) -> Iterator[Buckets]:
        yield Buckets("commissionOf", key, self._model.holds.commissions[key])

    def _balance(self, owner: str) -> Iterator[View]:
        yield View("SettlementToken", "balanceOf", (owner,), (self._model.tokens.balances[owner],))

    def _allowance(self, key: tuple[str, str]) -> Iterator[View]:
        yield View("SettlementToken", "allowance", key, (self._model.tokens.allowances[key],))

    def _mint_allowance(self, minter: str) -> Iterator[View]:
        left = self._model.tokens.mint_allowances[minter]
        yield View("SettlementToken", "mintAllowance", (minter,), (left,))

    def _used(self, key: tuple[str, bytes]) -> Iterator[View]:
        used = self._model.tokens.used[key]
        yield View("SettlementToken", "authorizationState", key, (used,))

    # Orders

    def _order(self, order_id: bytes) -> Iterator[View]:
        placed = self._model.orders.placed[order_id]
        if not isinstance(placed, Placed):
            return
        yield View("Settlement", "factsOf", (order_id,), (placed.packed(),))
        verifies = self._model.licences.verifies(placed.order, placed.order.receiver)
        shown = (placed.order, placed.order.receiver)
        yield View("ContentLicense", "verify", shown, (verifies,))

    def _lane(self, key: tuple[int, int]) -> Iterator[View]:
        yield View("Settlement", "nextBatch", key, (self._model.batches.last[key] + 1,))

    def _batch(self, key: tuple[int, int, int]) -> Iterator[View]:
        batch = self._model.batches.settled[key]
        assert isinstance(batch, Batch)
        yield View("Settlement", "rootOf", key, (batch.root,))

    def _spent(self, key: tuple[int, int, int, int]) -> Iterator[View]:
        spent = self._model.batches.spent[key]
        yield View("Settlement", "spentOf", key, (spent,))
        platform, lane, number, group = key
        position = 256 * group + spent.bit_length() - 1
        order = self._model.batches.show((platform, lane), number, *divmod(position, PLACES))
        learner = learner_at(order.word, order.place)
        verifies = self._model.licences.verifies_batch(order, learner)
        yield View("ContentLicense", "verifyBatch", (order, learner), (verifies,))


def buckets(raw: int, now: int) -> tuple[int, int, int]:
    """Return a stored hold as (captured, previous, matured), seen from an epoch."""
    matured, previous, captured = (raw >> shift & BUCKET for shift in (0, 56, 112))
    age = now - (raw >> 168 & 0xFFFFFF)
    if age == 0:
        return captured, previous, matured
    if age == 1:
        return 0, captured, matured + previous
    return 0, 0, matured + previous + captured
