"""Fields of a request as options of the command line.

It knows pydantic's field annotations and click; it must not know single actions.
"""

import json
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import click
from pydantic import BaseModel
from typing_extensions import override

from ums_client.protocol.actions import Action
from ums_client.secret_input import flag_of, is_secret


class JsonObject(click.ParamType[dict[str, Any]]):
    """An object written as JSON."""

    name = "json"

    @override
    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, Any]:
        """Parse; anything but an object is a usage error."""
        try:
            parsed = json.loads(value)
        except ValueError as error:
            self.fail(f"not JSON: {error}", param, ctx)
        if not isinstance(parsed, dict):
            self.fail('not a JSON object such as {"key": "value"}', param, ctx)
        return parsed


_TYPES: dict[Any, click.ParamType[Any]] = {
    str: click.STRING,
    int: click.INT,
    float: click.FLOAT,
    dict: JsonObject(),
}


def options_of(action: Action) -> Iterator[click.Option]:
    """One option for each field of the action's request."""
    for name, field in action.request.model_fields.items():
        if is_secret(name):
            yield _secret_option(name)
        else:
            yield _option(name, field.annotation, required=field.is_required())


def _secret_option(name: str) -> click.Option:
    return click.Option(
        [flag_of(name), name],
        metavar="PATH",
        envvar=f"UMS_{name.upper()}_FILE",
        show_envvar=True,
        help="File whose first line is the secret; - reads standard input.",
    )


def _option(name: str, annotation: Any, *, required: bool) -> click.Option:
    flag = f"--{name.replace('_', '-')}"
    kind, is_list = _kind(annotation)
    if kind is bool:
        return click.Option([f"{flag}/--no-{flag[2:]}", name], default=None)
    return click.Option(
        [flag, name],
        type=_click_type(kind),
        multiple=is_list,
        required=required,
        help="Can be given several times." if is_list else None,
    )


def _click_type(kind: Any) -> click.ParamType[Any]:
    if get_origin(kind) is Literal:
        return click.Choice(get_args(kind))
    plain = get_origin(kind) or kind
    return _TYPES[dict if issubclass(plain, BaseModel) else plain]


def _kind(annotation: Any) -> tuple[Any, bool]:
    """The type of a field without its limits and without None; whether it is a list."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _kind(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        given = [kind for kind in get_args(annotation) if kind is not type(None)]
        return _kind(given[0])
    if origin is list:
        return _kind(get_args(annotation)[0])[0], True
    return annotation, False
