"""What platforms owe each other over some time, gross and net. Amounts are ledger units.

The arithmetic of deferred net settlement: a flow is what one platform owes another for one thing
that happened, a position is what a platform gets less what it pays, and positions add to zero.
What is needed to pay is the deepest point below zero, as Leinonen and Soramäki (Bank of Finland,
16/1999) measure it; a default is answered by taking the platform's flows out, as the Lamfalussy
report (BIS, 1990) describes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from zhifu.facts import WHOLE_BPS


class Flow(NamedTuple):
    """What `payer` owes `payee` from now on, both platforms by number."""

    payer: int
    payee: int
    amount: int


class Position(NamedTuple):
    """One platform: what it pays and gets, and the money it needs to pay, in three ways.

    `needs_alone` if nothing that it gets is used to pay, `needs_running` if everything is as soon
    as it comes, `needs_at_close` if only what is left at the end is paid.
    """

    platform: int
    pays: int
    gets: int
    needs_running: int

    @property
    def net(self) -> int:
        """What it gets less what it pays."""
        return self.gets - self.pays

    @property
    def needs_alone(self) -> int:
        """All it pays, one thing after the other."""
        return self.pays

    @property
    def needs_at_close(self) -> int:
        """What it pays when all is netted at the end."""
        return max(0, -self.net)


class Exposure(NamedTuple):
    """A platform after another one's default: its position without it, and what was between them.

    It `loses` what it would have got net, or still `owes` what it would have paid net.
    """

    platform: int
    net: int
    loses: int
    owes: int


class Netting:
    """Flows between platforms, taken in the order in which they happened.

    `orders` are all orders that were settled meanwhile, `refunds` the times that something went
    back of one; most of both need not be between platforms.
    """

    def __init__(self, flows: Iterable[Flow] = ()) -> None:
        self.orders = 0
        self.refunds = 0
        self._flows: Counter[tuple[int, int]] = Counter()
        self._running: Counter[int] = Counter()
        self._deepest: Counter[int] = Counter()
        for flow in flows:
            self.take(flow)

    def take(self, flow: Flow) -> None:
        """Add the next flow; one to oneself is none."""
        payer, payee, amount = flow
        if payer == payee:
            return
        self._flows[payer, payee] += amount
        self._running[payee] += amount
        self._running[payer] -= amount
        self._deepest[payer] = max(self._deepest[payer], -self._running[payer])

    def then(self, later: Netting) -> Netting:
        """This and what came after it, as one."""
        both = Netting()
        both.orders, both.refunds = self.orders + later.orders, self.refunds + later.refunds
        both._flows = self._flows + later._flows
        for platform in (*self._running, *later._running):
            before = self._running[platform]
            both._running[platform] = before + later._running[platform]
            both._deepest[platform] = max(
                self._deepest[platform], later._deepest[platform] - before
            )
        return both

    @property
    def flows(self) -> list[Flow]:
        """What each platform owed each other one, gross."""
        return [Flow(*pair, self._flows[pair]) for pair in sorted(self._flows)]

    @property
    def bilateral(self) -> list[Flow]:
        """What is left between each two platforms when both directions are set off."""
        owed = [(pair, amount - self._flows[pair[::-1]]) for pair, amount in self._flows.items()]
        return sorted(Flow(*pair, left) for pair, left in owed if left > 0)

    @property
    def positions(self) -> list[Position]:
        """Every platform that had to do with another, by number."""
        pays: Counter[int] = Counter()
        gets: Counter[int] = Counter()
        for payer, payee, amount in self.flows:
            pays[payer] += amount
            gets[payee] += amount
        return [
            Position(each, pays[each], gets[each], self._deepest[each])
            for each in sorted(self._running)
        ]

    @property
    def gross(self) -> int:
        """All that is paid order by order, which without netting is the money needed."""
        return self._flows.total()

    @property
    def net(self) -> int:
        """All that is paid when everything is netted at the end."""
        return sum(each.needs_at_close for each in self.positions)

    @property
    def needed(self) -> int:
        """The money that all platforms need if what each gets pays for what comes after."""
        return self._deepest.total()

    @property
    def saved(self) -> int:
        """How much less money that is than without netting."""
        return self.gross - self.needed

    @property
    def saved_bps(self) -> int:
        """The same in basis points of what is needed without netting; 0 of nothing."""
        return self.saved * WHOLE_BPS // self.gross if self.gross else 0

    def without(self, platform: int) -> list[Exposure]:
        """The others when a platform defaults and all flows from and to it are taken out."""
        due = {
            each.platform: self._flows[platform, each.platform]
            - self._flows[each.platform, platform]
            for each in self.positions
        }
        return [
            Exposure(
                each.platform,
                each.net - due[each.platform],
                max(0, due[each.platform]),
                max(0, -due[each.platform]),
            )
            for each in self.positions
            if each.platform != platform
        ]


def nets_by_name(netting: Netting, names: Mapping[int, str]) -> dict[str, int]:
    """The net position of every platform by name, 0 for those without one."""
    nets = {each.platform: each.net for each in netting.positions}
    return {name: nets.get(number, 0) for number, name in names.items()}
