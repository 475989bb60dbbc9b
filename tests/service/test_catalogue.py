"""The tables of actions, handlers and refusals fit together."""

import pytest

from ums_client.protocol.accounts import (
    CreateUser,
    CreateUserReply,
    GetUser,
    GetUserReply,
)
from ums_client.protocol.actions import (
    ACTIONS,
    Access,
    Action,
    Audit,
    Rate,
    Repeat,
)
from ums_client.protocol.errors import ErrorCode
from ums_service.calls.answer import Answer
from ums_service.calls.call import Call
from ums_service.calls.catalogue import IncompleteCatalogue, rows
from ums_service.calls.refusals import TELLERS
from ums_service.domain import errors as domain_errors
from ums_service.handlers import HANDLERS


def test_every_action_has_a_handler_and_every_handler_an_action():
    assert set(rows(ACTIONS, HANDLERS)) == {action.name for action in ACTIONS}
    assert {action.request for action in ACTIONS} == set(HANDLERS)


async def good(request: GetUser, call: Call) -> Answer[GetUserReply]:
    raise NotImplementedError


async def of_another_request(request: CreateUser, call: Call) -> Answer[GetUserReply]:
    raise NotImplementedError


async def of_another_reply(request: GetUser, call: Call) -> Answer[CreateUserReply]:
    raise NotImplementedError


async def of_no_answer(request: GetUser, call: Call) -> None:
    raise NotImplementedError


async def without_hints(request, call):
    raise NotImplementedError


async def of_one_argument(request: GetUser) -> Answer[GetUserReply]:
    raise NotImplementedError


async def of_three_arguments(
    request: GetUser, call: Call, more: int
) -> Answer[GetUserReply]:
    raise NotImplementedError


def not_async(request: GetUser, call: Call) -> Answer[GetUserReply]:
    raise NotImplementedError


ROW = Action("get", GetUser, Access.SESSION, Rate.READ, Audit.NONE, Repeat.SAFE)
OTHER = ROW._replace(name="other", request=CreateUser)


def test_a_fitting_table_is_accepted():
    assert set(rows([ROW], {GetUser: good})) == {"get"}


@pytest.mark.parametrize(
    ("actions", "handlers"),
    [
        pytest.param([ROW], {}, id="no handler"),
        pytest.param([ROW, ROW], {GetUser: good}, id="a name twice"),
        pytest.param(
            [ROW, ROW._replace(name="b")], {GetUser: good}, id="a request twice"
        ),
        pytest.param([ROW], {GetUser: good, CreateUser: good}, id="a handler too many"),
        pytest.param([OTHER], {CreateUser: good}, id="a handler of another request"),
        *(
            pytest.param([ROW], {GetUser: handler}, id=handler.__name__)
            for handler in (
                of_another_request,
                of_another_reply,
                of_no_answer,
                without_hints,
                of_one_argument,
                of_three_arguments,
                not_async,
            )
        ),
        pytest.param([ROW._replace(access=None)], {GetUser: good}, id="no access"),
        pytest.param([ROW._replace(rate=None)], {GetUser: good}, id="no rate"),
        pytest.param([ROW._replace(audit=None)], {GetUser: good}, id="no audit"),
        pytest.param([ROW._replace(repeat=None)], {GetUser: good}, id="no repeat"),
        pytest.param(
            [ROW._replace(access="public ")], {GetUser: good}, id="misspelt access"
        ),
    ],
)
def test_a_table_that_does_not_fit_stops_the_start(actions: list, handlers: dict):
    with pytest.raises(IncompleteCatalogue):
        rows(actions, handlers)


def leaves(kind: type[Exception]) -> set[type[Exception]]:
    return {kind} | {leaf for sub in kind.__subclasses__() for leaf in leaves(sub)}


def test_every_refusal_of_the_rules_has_a_code_and_a_text():
    refusals = leaves(domain_errors.Refusal) - {domain_errors.Refusal}
    assert {kind.__name__ for kind in refusals - TELLERS.keys()} == set()


def test_every_code_has_a_meaning_of_one_sentence_or_more():
    assert all(code.meaning.endswith(".") for code in ErrorCode)
    assert len({code.meaning for code in ErrorCode}) == len(ErrorCode)
