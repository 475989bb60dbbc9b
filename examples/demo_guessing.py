"""The tour's stranger, who shuts an address out of alice's account but not alice.

All of the tour comes from 127.0.0.1, strangers and owner alike. A known device has
failures of its own, whatever the address does.
"""

import time
from concurrent.futures import ThreadPoolExecutor

from examples.demo_accounts import Person
from examples.demo_service import refusal, show
from ums_client import Client, Login, errors

GUESSES = 8


def guess(endpoint: str, person: Person) -> None:
    show(f"a stranger guesses {GUESSES} passwords of {person.name} at once")
    with Client(endpoint) as stranger:

        def is_refused(number: int) -> bool:
            attempt = Login(username=person.name, password=f"a-{number}-minute-walk")
            try:
                stranger.call(attempt)
            except errors.InvalidCredentials:
                return True
            return False

        with ThreadPoolExecutor(GUESSES) as pool:
            answers = list(pool.map(is_refused, range(GUESSES)))
        print(f"refused: {answers.count(True)}")
        print("then the right one; the address is shut out of the account:")
        right = Login(username=person.name, password=person.password)
        refused = refusal(stranger, right, errors.InvalidCredentials)
        assert refused.retry_after is not None
        print(f"for {refused.retry_after / 60:.0f} minutes")


def owner_comes_in(client: Client, person: Person) -> None:
    show("the owner, from the same address, with the known device and a backup code")
    begin_s = time.perf_counter()
    reply = client.call(person.login(known_device=True))
    took_s = time.perf_counter() - begin_s
    print(f"{reply.message}, after {took_s:.2f} s")
