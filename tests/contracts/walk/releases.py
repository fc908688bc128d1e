"""Paying out what has matured."""

from __future__ import annotations

from tests.contracts.accounts import of_address, of_platform
from tests.contracts.walk.draws import Draws


class Releases(Draws):
    """Releases what contents, older plans and commissions hold."""

    def release(self) -> None:
        """Release some contents."""
        contents = [self._some_content() for _ in range(self.random.randint(1, 4))]
        self._act(
            f"releases {contents}",
            self.random.choice(self.people),
            lambda sender: self.chain.settlement.release(contents, sender),
            lambda: self.ledger.release(contents),
        )

    def release_commission(self) -> None:
        """Release a commission."""
        platform, referrer = self.random.randint(1, 3), self.random.choice(self.referrers)
        account = self.random.choice([of_platform(platform), of_address(referrer)])
        class_ = self._mostly(self.random.randint(0, 1), 2)
        call = self.chain.settlement.releaseCommissions
        self._act(
            f"releases commission {account:#x} in {class_}",
            self.random.choice(self.people),
            lambda sender: call([account, of_address(referrer)], class_, sender),
            lambda: self.ledger.release_commissions([account, of_address(referrer)], class_),
        )

    def release_version(self) -> None:
        """Release what an older plan of a content holds."""
        content = self._some_content()
        version = self.random.randint(0, 3)
        self._act(
            f"releases {content} under plan {version}",
            self.random.choice(self.people),
            lambda sender: self.chain.settlement.releaseVersion(content, version, sender),
            lambda: self.ledger.release_version(content, version),
        )
