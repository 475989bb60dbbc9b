"""`reference`: the reference of the protocol, made from the catalogue of actions."""

import click

from ums_client.protocol.actions import ACTIONS
from ums_client.protocol.errors import ErrorCode
from ums_client.protocol.service import ActionDescription, FieldDescription
from ums_service.calls.describe import describe

_INTRODUCTION = """\
# Protocol reference

Made by `make docs` from `ums_client/protocol`; a test compares. How messages travel
is told in [architecture.md](architecture.md).

A request is one JSON object or MessagePack map, `{"action": NAME, ...fields}`, with
these optional keys beside the fields:

| key | meaning |
|---|---|
| `session_token` | the token that `login` gave |
| `api_key` | instead of it: a key that `create_api_key` gave |
| `request_id` | integer or text of at most 128 characters, echoed in the reply |
| `idempotency_key` | text of 16 to 128 characters: the write is done once, see below |
| `client` | what the client says of itself: `user_agent` and `device_name`, shown in `list_sessions`; nothing in it is believed, but `ip` from a gateway |
| `gateway_key` | the API key of a gateway, which then must tell the address of the end user in `client`, as `{"ip": "203.0.113.7"}` |

A reply has `status`: `success` or `error` (`health_check` says `healthy`). An error
has `message` for people and `code` for programs, and where it helps `details`,
`retry_after` (seconds) and `incident` (finds a fault in the service's log). Fields
that an original action does not know are left aside and named in `ignored`.

A request has at most 65,536 bytes; who sends more is disconnected without an answer, so
wait for replies with a deadline. JSON is UTF-8; duplicate keys, NaN, infinities,
integers beyond 2**53, nesting past 16, lone surrogates and bytes behind the end are
refused in both encodings. Of bytes that are not well-formed, `details` tells the line
and column.

**Repeat** tells what to do when an answer is lost: `safe` actions can be sent again,
`keyed` ones with the same idempotency key and the same arguments (for 24 hours the
same reply comes back and nothing is done twice), `never` leaves it to the caller.
"""


@click.command()
def reference() -> None:
    """Print the reference of the protocol as Markdown."""
    click.echo(_INTRODUCTION)
    click.echo("## Actions\n")
    for action in ACTIONS:
        click.echo(_section(describe(action)))
    click.echo("## Error codes\n\n| code | meaning |\n|---|---|")
    for code in ErrorCode:
        click.echo(f"| `{code.value}` | {code.meaning} |")


def _section(action: ActionDescription) -> str:
    lines = [
        f"### {action.name}\n",
        f"{action.summary}\n",
        f"Access: {_access(action)}. Repeat: {action.repeat}.",
    ]
    if action.wrapper:
        lines[-1] += f" Fields stand inside `{action.wrapper}`, unless marked outer."
    lines += ["", *_table("field", action.fields), "", *_table("reply", action.reply)]
    return "\n".join([*lines, ""])


def _access(action: ActionDescription) -> str:
    if action.permission is None:
        return action.access
    return f"{action.access} (`{action.permission}`)"


def _table(title: str, fields: list[FieldDescription]) -> list[str]:
    if not fields:
        return [f"No {title} fields." if title == "field" else "An empty reply."]
    head = [f"| {title} | type | |", "|---|---|---|"]
    return head + [f"| `{f.name}` | {f.type} | {_marks(f)} |" for f in fields]


def _marks(field: FieldDescription) -> str:
    marks = {"required": field.required, "secret": field.secret, "outer": field.outer}
    return ", ".join(mark for mark, set_ in marks.items() if set_)
