"""Names for numbers: platforms, contents, learners and accounts as people write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from zhifu import accounts
from zhifu.accounts import Account
from zhifu.blocks import checksum_address
from zhifu.deployment import Network
from zhifu.exceptions import InvalidInput, UnknownContent, UnknownLearner, UnknownPlatform
from zhifu.models import SplitPlan, Terms

_HIGHEST_NUMBER = 2**32 - 1


class PublishedContent(NamedTuple):
    """A content as it was published; ``host`` is a platform's number."""

    number: int
    host: int
    ref: str
    window_class: int
    plan: SplitPlan
    terms: Terms


class Directory:
    """Who and what is on one network, read from its events.

    Names are read once: make a new directory after admitting or publishing.
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    @cached_property
    def platforms(self) -> dict[int, str]:
        """The platforms' names by number."""
        admitted = self._network.registry.events(
            "PlatformAdmitted", from_block=self._network.deployment.first_block
        )
        return {each.arguments["platform"]: each.arguments["name"] for each in admitted}

    @cached_property
    def contents(self) -> dict[int, PublishedContent]:
        """What was published, by number."""
        return {each.number: each for each in self._published()}

    @cached_property
    def plan_versions(self) -> dict[int, int]:
        """The highest version of each content's plan that ever changed, by number."""
        changed = self._network.license.events(
            "PlanChanged", from_block=self._network.deployment.first_block
        )
        return {each.arguments["content"]: each.arguments["version"] for each in changed}

    def published(self, number: int) -> PublishedContent:
        """One content as it was published, without reading all; raises UnknownContent."""
        if "contents" in self.__dict__:
            known = self.contents.get(number)
        else:
            known = next(self._published(number), None)
        if known is None:
            raise UnknownContent(number)
        return known

    def platform(self, text: str) -> int:
        """The number of a platform given by number or name; raises UnknownPlatform."""
        if _is_number(text):
            if int(text) not in self.platforms:
                raise UnknownPlatform(int(text))
            return int(text)
        named = [number for number, name in self.platforms.items() if name == text]
        if not named:
            raise UnknownPlatform(text)
        if len(named) > 1:
            raise InvalidInput("platform", f"must be given by number, as one of {named}", text)
        return named[0]

    def platform_name(self, number: int) -> str:
        """A platform's name; "network" for platform 0."""
        return self.platforms[number] if number else "network"

    def content(self, text: str) -> int:
        """The number of a content given by number or as ``platform/ref``.

        Raises UnknownContent and UnknownPlatform.
        """
        if _is_number(text):
            if not 0 < int(text) <= self._network.license.content_count():
                raise UnknownContent(int(text))
            return int(text)
        platform, slash, ref = text.partition("/")
        if not slash:
            raise InvalidInput("content", "must be a number or platform/ref", text)
        number = self._network.license.content_of(self.platform(platform), ref)
        if not number:
            raise UnknownContent(text)
        return number

    def content_name(self, number: int) -> str:
        """A content as ``platform/ref``."""
        content = self.published(number)
        return f"{self.platform_name(content.host)}/{content.ref}"

    def learner(self, number: int) -> int:
        """The same number; raises UnknownLearner unless a platform registered it."""
        if not 0 < number <= self._network.registry.learner_count():
            raise UnknownLearner(number)
        return number

    def account(self, text: str) -> Account | None:
        """The account that a text stands for.

        ``network``, ``platform:NAME-OR-NUMBER``, ``learner:NUMBER@PLATFORM`` or an address; None
        for any other word. Raises UnknownPlatform and UnknownLearner, and InvalidInput for a broken
        address.
        """
        kind, _, rest = text.partition(":")
        if text == "network":
            return accounts.of_platform(accounts.NETWORK)
        if kind == "platform":
            return accounts.of_platform(self.platform(rest))
        if kind == "learner":
            return self._learner_account(rest)
        return accounts.of_address(checksum_address(text)) if text.startswith("0x") else None

    def account_name(self, account: Account) -> str:
        """An account as ``account`` reads it, platforms by name."""
        if found := accounts.learner_of(account):
            home, learner = found
            return f"learner:{learner}@{self.platform_name(home)}"
        platform = accounts.platform_of(account)
        if platform:
            return f"platform:{self.platform_name(platform)}"
        return accounts.name_of(account)

    def _learner_account(self, text: str) -> Account:
        number, at, platform = text.partition("@")
        if not at or not _is_number(number):
            raise InvalidInput("account", "must name a learner as learner:NUMBER@PLATFORM", text)
        return accounts.of_learner(self.platform(platform), self.learner(int(number)))

    def _published(self, number: int | None = None) -> Iterator[PublishedContent]:
        license_ = self._network.license
        content = None if number is None else number.to_bytes(32, "big")
        topics = [license_.artifact.topic("ContentPublished"), content]
        first = self._network.deployment.first_block
        for log in self._network.chain.logs(license_.address, topics, first):
            yield _content(license_.decode(log).arguments)


def _content(event: Mapping[str, Any]) -> PublishedContent:
    plan = SplitPlan.from_tuple(event["plan"])
    terms = Terms(*event["terms"])
    return PublishedContent(
        event["content"], event["host"], event["ref"], event["class"], plan, terms
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= _HIGHEST_NUMBER
