"""Publishing many contents: those of a catalogue, of a JSON file, or of any list."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from zhifu.catalogue import read_catalogue
from zhifu.deployment import Network
from zhifu.exceptions import CurrencyMismatch, InvalidInput
from zhifu.models import Publication, SplitPlan, Terms
from zhifu.money import Money
from zhifu.signing import Signer

PUBLICATIONS_PER_TRANSACTION = 50
"""With one creator each, about half of what a transaction may use."""


def publish_missing(
    network: Network,
    operator: Signer,
    host: int,
    publications: Iterable[Publication],
    *,
    published: Callable[[int], object] = lambda _: None,
) -> dict[str, int]:
    """Publish what `host` has not published yet; the numbers of the new contents by reference.

    `published` is told of every transaction how many contents it dealt with.
    """
    numbers: dict[str, int] = {}
    pending = iter(publications)
    while chunk := list(islice(pending, PUBLICATIONS_PER_TRANSACTION)):
        known = network.license.read_many("contentOf", [(host, each.ref) for each in chunk])
        new = [each for each, number in zip(chunk, known, strict=True) if not number]
        if new:
            receipt = network.license.publish(operator, new)
            events = network.license.emitted(receipt, "ContentPublished")
            numbers.update({each["ref"]: each["content"] for each in events})
        published(len(chunk))
    return numbers


def from_file(
    path: Path,
    platform: str,
    currency: str,
    decimals: int,
    plan: SplitPlan,
    window_class: int,
    terms: Terms,
) -> Iterator[Publication]:
    """The publications of a platform's contents in a file, all with the same plan, class and terms.

    A `.json` file holds an array of objects with `ref` and `price` (a decimal string); any other
    is a catalogue (see `zhifu.catalogue`) whose sold contents of that platform count, if they have
    a reference. Raises InvalidInput, CatalogueError, CurrencyMismatch, and as `Money.parse`.
    """
    prices = _json_prices if path.suffix == ".json" else _catalogue_prices
    for ref, price in prices(path, platform, currency):
        yield Publication(ref, price.to_ledger_units(decimals), window_class, plan, terms)


def _catalogue_prices(path: Path, platform: str, currency: str) -> Iterator[tuple[str, Money]]:
    for row in read_catalogue(path):
        if row.platform == platform and row.price and row.ref:
            if row.currency != currency:
                raise CurrencyMismatch(currency, row.currency)
            yield row.ref, row.price


def _json_prices(path: Path, _platform: str, currency: str) -> Iterator[tuple[str, Money]]:
    for content in _json_contents(path):
        ref, price = content.get("ref"), content.get("price")
        if not isinstance(ref, str) or not ref:
            raise InvalidInput("ref", "must be the content's reference, as text", ref)
        if not isinstance(price, str):
            raise InvalidInput("price", 'must be a decimal string such as "49.00"', price)
        yield ref, Money.parse(price, currency)


def _json_contents(path: Path) -> Sequence[Mapping[str, Any]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput("file", f"must be readable ({error.strerror})", str(path)) from error
    except ValueError as error:
        raise InvalidInput("file", "must be JSON", str(path)) from error
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise InvalidInput("file", "must be a JSON array of contents", str(path))
    return found
