"""The contents, what they cost and how their revenue is divided, from events alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from zhifu.audit.records import DAY_SECONDS, Bucket, Divergence, Event, Moment, Offer, agree

FIRST_VERSION = 1


@dataclass
class Contents:
    """All contents by number, and how long each class of refund windows is, in seconds."""

    offers: dict[int, Offer] = field(default_factory=dict)
    windows: dict[int, int] = field(default_factory=dict)

    @property
    def revenue(self) -> dict[tuple[int, int], Bucket]:
        """The holds of contents, by content and version of the plan."""
        return {
            (content, version): bucket
            for content, offer in self.offers.items()
            for version, bucket in offer.revenue.items()
        }

    def offer(self, content: int) -> Offer:
        """What a content is offered for; raises Divergence if it was never published."""
        if content not in self.offers:
            raise Divergence("content of an event", "published", content)
        return self.offers[content]

    def epoch(self, window_class: int, moment: Moment) -> int:
        """The window of a class that a moment is in."""
        return moment.timestamp // self.windows[window_class]

    def on_window_added(self, event: Event, _: Moment) -> None:
        """There is another class of refund windows."""
        self.windows[event["class"]] = event["windowSeconds"]

    def on_content_published(self, event: Event, _: Moment) -> None:
        """A content may be bought from now on."""
        duration, renewable, *_rest = event["terms"]
        self.offers[event["content"]] = Offer(
            event["host"],
            event["ref"],
            event["class"],
            duration,
            renewable,
            plans={FIRST_VERSION: event["plan"]},
            schedule={0: FIRST_VERSION},
            prices={0: event["price"]},
            revenue={FIRST_VERSION: {}},
        )

    def on_plan_changed(self, event: Event, moment: Moment) -> None:
        """A content's revenue is divided otherwise from the next epoch on."""
        offer, version = self.offer(event["content"]), event["version"]
        agree("version of a new plan", len(offer.plans) + 1, version)
        next_epoch = self.epoch(offer.window_class, moment) + 1
        agree("first epoch of a new plan", next_epoch, event["fromEpoch"])
        offer.plans[version], offer.revenue[version] = event["plan"], {}
        offer.schedule[next_epoch] = version

    def on_price_changed(self, event: Event, moment: Moment) -> None:
        """A content costs something else from a later day on."""
        prices, day = self.offer(event["content"]).prices, event["fromDay"]
        agree("price changed for a later day", True, day > moment.timestamp // DAY_SECONDS)
        for later in [each for each in prices if each >= day]:
            del prices[later]
        prices[day] = event["price"]

    def on_content_active_changed(self, event: Event, _: Moment) -> None:
        """A content is withdrawn, or offered again."""
        self.offer(event["content"]).active = event["active"]
