"""What only tasks can do: many at once, and being cancelled."""

import asyncio
import threading

import pytest

from tests.client.doubles import FakeService, polite
from ums_client import AsyncClient, CreateUser, HealthCheck, Login, errors

PASSWORD = "correct-horse-42"
NEW_USER = CreateUser(username="alice", email="a@example.org", password=PASSWORD)


def test_hundreds_of_tasks_share_a_few_connections(service):
    async def run():
        async with AsyncClient(service.endpoint, connections_max=4) as client:
            people = [
                NEW_USER.model_copy(update={"username": f"user-{number}"})
                for number in range(300)
            ]
            replies = await asyncio.gather(*map(client.call, people))
            return [reply.username for reply in replies]

    assert asyncio.run(run()) == [f"user-{number}" for number in range(300)]


def test_a_cancelled_call_leaves_nothing_behind_for_the_next():
    go = threading.Event()

    def late(message):
        if message["action"] == "create_user":
            go.wait(10)
            return {"status": "success", "username": "late", "email": "late"}
        return polite(message)

    async def run(endpoint, arrived):
        async with AsyncClient(endpoint, connections_max=1) as client:
            task = asyncio.create_task(client.call(NEW_USER))
            await asyncio.to_thread(arrived.wait, 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            go.set()
            return await client.call(HealthCheck())

    with FakeService(late) as service:
        reply = asyncio.run(run(service.endpoint, service.arrived))
    assert reply.service == "fake"


def test_the_session_ends_with_the_block_and_the_client_with_it(service):
    async def run():
        async with AsyncClient(service.endpoint) as client:
            await client.call(Login(username="alice", password=PASSWORD))
        await client.close()
        with pytest.raises(errors.ClientClosed):
            await client.call(HealthCheck())

    asyncio.run(run())
    assert service.actions() == ["login", "logout"]
