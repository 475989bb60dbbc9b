"""The same with the client: typed values, deadlines, errors that say what to do.

python -m examples.with_client [tcp://127.0.0.1:5556]
"""

import secrets
import sys

from ums_client import (
    Client,
    CreateUser,
    DeleteUser,
    GetUser,
    Login,
    UpdateUser,
    errors,
    new_idempotency_key,
)

ENDPOINT = sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5556"
PASSWORD = "correct-horse-42"


def main() -> None:
    name = f"example-{secrets.token_hex(4)}"
    person = CreateUser(username=name, email=f"{name}@example.org", password=PASSWORD)
    with Client(ENDPOINT) as client:
        # with a key the client may send it again when the answer is lost
        created = client.call(person, idempotency_key=new_idempotency_key())
        print(f"created {created.username}")
        try:
            client.call(person)
        except errors.Conflict as conflict:
            print(f"not twice: {conflict}")
        client.call(Login(username=name, password=PASSWORD))
        client.call(UpdateUser(full_name="Example Person", city="Ulm"))
        user = client.call(GetUser()).user
        print(f"{user.full_name} from {user.city}, since {user.created_at}")
        client.call(DeleteUser(password=PASSWORD))
        print("deleted")


if __name__ == "__main__":
    try:
        main()
    except errors.UmsError as error:
        sys.exit(str(error))
