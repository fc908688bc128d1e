"""The key that seals secrets in the database: is it here, and is it the one that sealed them?"""

from __future__ import annotations

from collections.abc import Iterator

from zhifu.doctor.case import Case
from zhifu.doctor.finding import Finding, failure, fine
from zhifu.exceptions import DatabaseRefused, DatabaseUnreachable, InvalidInput, WrongVaultKey
from zhifu.notify.vault_key import KeyFile, known_vault

_ADVICE = (
    "bring the key that the other gateways on this database have: their file vault.key,"
    " or notifications.vault_key. If it is lost: zhifu vault reset"
)


def check(case: Case) -> Iterator[Finding]:
    """Whether this key opens what the database has; without any, one is made at the start."""
    try:
        sealed = case.books.vault_check
    except (DatabaseRefused, DatabaseUnreachable, InvalidInput):
        return
    if sealed is None:
        yield fine("vault", "nothing is sealed in the database yet")
        return
    try:
        vault = known_vault(case.settings)
        drafted = KeyFile(case.settings.home).drafted()
        if (
            drafted is not None
            and drafted.is_of(sealed)
            and not case.settings.notifications.vault_key
        ):
            yield fine("vault", "the next command puts the new key into its file")
            return
        if vault is not None:
            vault.require(sealed)
    except (WrongVaultKey, InvalidInput) as error:
        yield failure("vault", f"{error.field} {error.rule}", _ADVICE)
        return
    if vault is None:
        yield failure(
            "vault", "the database's secrets are sealed by a key that is not here", _ADVICE
        )
    else:
        yield fine("vault", "the key opens what is sealed in the database")
