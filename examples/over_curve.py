"""An encrypted connection: the client knows the service's key, the service the client's.

    python -m examples.over_curve tcp://HOST:5556 service.key client.key_secret

`service.key` holds the public key of the service, `client.key_secret` the key pair of
this client (mode 0600), which the service must have on its list.
"""

import secrets
import sys
from pathlib import Path

from ums_client import Client, CreateUser, DeleteUser, GetUser, Login, errors
from ums_client.keys import read_public_key

PASSWORD = "correct-horse-42"


def main(endpoint: str, service_key: Path, client_key: Path) -> None:
    name = f"example-{secrets.token_hex(4)}"
    server_key = read_public_key(service_key)
    with Client(endpoint, server_key=server_key, key_file=client_key) as client:
        client.call(
            CreateUser(username=name, email=f"{name}@example.org", password=PASSWORD)
        )
        client.call(Login(username=name, password=PASSWORD))
        print(f"{client.call(GetUser()).user.username} over an encrypted connection")
        client.call(DeleteUser(password=PASSWORD))
        print("deleted")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    except errors.NotAuthorised:
        sys.exit("the service refuses these keys")
    except errors.UmsError as error:
        sys.exit(str(error))
