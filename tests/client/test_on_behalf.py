"""A gateway's client: one for each end user, over the same connections."""

import asyncio

from ums_client import AsyncClient, Client, GetUser, HealthCheck, Login, Logout


def test_each_end_user_has_an_address_and_a_session(service):
    with Client(service.endpoint, gateway_key="ums_key", api_key="ums_own") as client:
        alice = client.on_behalf_of("203.0.113.7", user_agent="Firefox")
        alice.call(Login(username="alice", password="pw"))
        alice.call(GetUser())
        bobby = client.on_behalf_of("203.0.113.8", session_token="bobbys")
        bobby.call(GetUser())
        assert client.session_token is None
        client.call(HealthCheck())
    login, of_alice, of_bobby, own = service.received
    assert login["client"] == {"ip": "203.0.113.7", "user_agent": "Firefox"}
    assert of_alice["client"] == login["client"]
    assert of_alice["session_token"] == alice.session_token
    assert of_bobby["client"] == {"ip": "203.0.113.8"}
    assert of_bobby["session_token"] == "bobbys"
    assert {m["gateway_key"] for m in (login, of_alice, of_bobby)} == {"ums_key"}
    assert not {"gateway_key", "client"} & own.keys()
    assert "api_key" not in of_bobby


def test_the_one_of_an_end_user_ends_nothing_by_being_closed(service):
    with Client(service.endpoint, gateway_key="ums_key") as client:
        with client.on_behalf_of("203.0.113.7", session_token="alices") as alice:
            alice.call(GetUser())
        alice.call(GetUser())
        assert service.actions() == ["get_user", "get_user"]
        alice.call(Logout())
        assert alice.session_token is None


def test_the_asyncio_twin_does_the_same(service):
    async def calls() -> None:
        async with AsyncClient(service.endpoint, gateway_key="ums_key") as client:
            async with client.on_behalf_of("2001:db8::7", session_token="al") as alice:
                await alice.call(GetUser())
            await alice.call(GetUser())

    asyncio.run(calls())
    assert service.actions() == ["get_user", "get_user"]
    assert service.received[1]["client"] == {"ip": "2001:db8::7"}
    assert service.received[1]["gateway_key"] == "ums_key"
