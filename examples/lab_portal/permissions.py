"""Who may see a page of a lab: the service decides, at every request."""

from typing import Any, ClassVar, NamedTuple

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views import View
from pydantic import ValidationError

from examples.lab_portal.logins import Person, person_of
from examples.lab_portal.pages import message
from ums_client.protocol.attributes import Authorize, AuthorizeReply


class Lab(NamedTuple):
    """The lab of a page, and what its reader may do there."""

    lab_id: str
    name: str
    attributes: frozenset[str]


class LabPermissionRequired(View):
    """A page of the lab in its address, for who has `permission` there.

    Nobody logged in: to the login. Not permitted, no such lab, a lab of others: 403, and
    the same page for all of these. The view finds `person` and `lab`; every look at the
    portal's own data must go through `lab`.
    """

    permission: ClassVar[str]
    person: Person
    lab: Lab

    def dispatch(
        self, request: HttpRequest, *args: Any, lab_id: str, **kwargs: Any
    ) -> HttpResponseBase:
        person = person_of(request)
        if person is None:
            return redirect(f"{reverse('login')}?next={request.path}")
        decided = authorized(person, lab_id, self.permission)
        if decided is None or not decided.has_access:
            return message(request, 403)
        self.person = person
        attributes = frozenset(decided.all_user_attributes)
        self.lab = Lab(lab_id, decided.lab_name or "", attributes)
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response


def authorized(person: Person, lab_id: str, permission: str) -> AuthorizeReply | None:
    """What the service decides; None where that can be no id of a lab."""
    try:
        question = Authorize(lab_id=lab_id, required_attributes=[permission])
    except ValidationError:
        return None
    return person.ums.call(question)
