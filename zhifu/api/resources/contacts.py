"""How a platform's learners are told what happens to their payments, and forgetting them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from zhifu.api import schemas
from zhifu.api.route import PlatformRoute, operation
from zhifu.api.scopes import Scope
from zhifu.api.service import Asking, Gateway, People
from zhifu.languages import Language
from zhifu.notify.contacts import Channel, Contact

router = APIRouter(route_class=PlatformRoute, tags=["learners"])

Learner = Annotated[int, Path(ge=1, le=2**32 - 1)]


@router.get("/v1/learners/{learner}/contacts", response_model=schemas.ContactsOut)
@operation(Scope.LEARNERS_READ)
async def list_contacts(
    gateway: Gateway, people: People, caller: Asking, learner: Learner
) -> schemas.ContactsOut:
    """Where your platform has a learner told."""
    found = await gateway.run_brief(people.of, caller.platform, learner)
    return schemas.ContactsOut(data=[_shown(each) for each in found])


@router.put("/v1/learners/{learner}/contacts/{channel}", response_model=schemas.ContactOut)
@operation(Scope.LEARNERS_WRITE)
async def put_contact(
    gateway: Gateway,
    people: People,
    caller: Asking,
    learner: Learner,
    channel: Channel,
    body: schemas.ContactIn,
) -> schemas.ContactOut:
    """Have a learner told on a channel, at this address instead of the one before."""
    contact = Contact(channel, body.address, Language(body.language))
    await gateway.run_brief(people.put, caller.platform, learner, contact)
    return _shown(contact)


@router.delete(
    "/v1/learners/{learner}/contacts/{channel}", status_code=204, response_class=Response
)
@operation(Scope.LEARNERS_WRITE)
async def delete_contact(
    gateway: Gateway, people: People, caller: Asking, learner: Learner, channel: Channel
) -> None:
    """Tell a learner nothing on a channel any more."""
    await gateway.run_brief(people.remove, caller.platform, learner, channel)


@router.post("/v1/learners/{learner}/forget", response_model=schemas.ForgottenOut)
@operation(Scope.LEARNERS_WRITE, is_repeatable=True)
async def forget_learner(
    gateway: Gateway, caller: Asking, learner: Learner, _: schemas.NothingIn
) -> schemas.ForgottenOut:
    """Erase what your platform keeps of a learner that is personal; the books stay as they are.

    A payment that is not decided yet keeps what it needs: ask again then, under another key.
    """
    await gateway.forget_learner(caller.platform, learner)
    return schemas.ForgottenOut(learner=learner)


def _shown(found: Contact) -> schemas.ContactOut:
    return schemas.ContactOut(
        channel=found.channel.value, address=found.address, language=found.language.value
    )
