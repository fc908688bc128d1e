"""What the caller may not do: keys, operators and signatures."""

from __future__ import annotations

from dataclasses import dataclass

from zhifu.exceptions._base import AuthorityError


@dataclass(eq=False)
class WrongOperator(AuthorityError):
    """The key that signs is not an operator of the platform it acts for."""

    code = "wrong_operator"
    field = "operator"
    rule = "must be an operator of the platform"

    platform: int | str
    operator: str


@dataclass(eq=False)
class WrongKey(AuthorityError):
    """The key that signs is not the one this is reserved for; `rule` says which that is."""

    code = "wrong_key"
    field = "key"

    rule: str
    key: str


@dataclass(eq=False)
class NoOperator(AuthorityError):
    """This gateway holds no operator key of the platform, so it cannot sell for it."""

    code = "no_operator"
    field = "platform"
    rule = "must have its operator key in this gateway"

    platform: int


@dataclass(eq=False)
class InvalidSignature(AuthorityError):
    """A signature was not made by the key it claims, or not over these data."""

    code = "invalid_signature"
    field = "signature"
    rule = "must be the signer's over exactly these data"

    signer: str | None = None


@dataclass(eq=False)
class AuthorizationUsed(AuthorityError):
    """A signed authorization was already used or cancelled."""

    code = "authorization_used"
    field = "authorization"
    rule = "must be unused"

    authorizer: str
    nonce: str


@dataclass(eq=False)
class InvalidApiKey(AuthorityError):
    """No API key came, or one that is unknown, revoked, expired or of the other mode."""

    code = "invalid_api_key"
    field = "Authorization"
    rule = "must be Bearer and an API key that is in force"


@dataclass(eq=False)
class MissingScope(AuthorityError):
    """The API key may not do this; ``scope`` is what it lacks."""

    code = "missing_scope"
    field = "Authorization"
    rule = "must be an API key with the scope"

    scope: str
