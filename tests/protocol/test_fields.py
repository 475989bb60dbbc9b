"""Each kind of field at its limits."""

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from ums_client.protocol.fields import (
    Lines,
    Metadata,
    Name,
    Password,
    Secret,
    ShortText,
    Text,
    UserId,
)


class Sample(BaseModel):
    model_config = ConfigDict(strict=True)

    name: Name = ""
    user_id: UserId = ""
    password: Password = ""
    secret: Secret = ""
    short: ShortText = ""
    text: Text = ""
    lines: Lines = ""
    metadata: Metadata = {}


ROOM = {
    "name": "x" * 254,
    "user_id": "a" * 64,
    "password": "x" * 1_024,
    "secret": "x" * 256,
    "short": "x" * 100,
    "text": "x" * 300,
    "lines": "x" * 4_000,
}


@pytest.mark.parametrize(("field", "longest"), ROOM.items(), ids=ROOM)
def test_the_longest_text_fits_and_one_more_does_not(field, longest):
    assert getattr(Sample(**{field: longest}), field) == longest
    with pytest.raises(ValidationError):
        Sample(**{field: longest + longest[0]})


def test_metadata_is_measured_as_json():
    room = 16_384 - len('{"a":""}')
    assert Sample(metadata={"a": "x" * room})
    with pytest.raises(ValidationError, match="16384 bytes"):
        Sample(metadata={"a": "x" * (room + 1)})


@pytest.mark.parametrize("field", ["name", "short", "text"])
@pytest.mark.parametrize("control", ["\x00", "\t", "\n", "\r", "\x1f", "\x7f", "\x9f"])
def test_a_line_has_no_control_characters(field, control):
    with pytest.raises(ValidationError, match="one line"):
        Sample(**{field: f"a{control}b"})


@pytest.mark.parametrize("control", ["\x00", "\x08", "\x0b", "\x0c", "\x1b", "\x80"])
def test_lines_have_tabs_and_line_ends_and_no_other_control_characters(control):
    assert Sample(lines="a\tb\r\nc").lines == "a\tb\r\nc"
    with pytest.raises(ValidationError, match="control characters"):
        Sample(lines=f"a{control}")


@pytest.mark.parametrize("field", ROOM)
@pytest.mark.parametrize("wrong", [None, 7, True, b"a", ["a"], "\ud800"])
def test_text_is_text_and_nothing_else(field, wrong):
    with pytest.raises(ValidationError):
        Sample(**{field: wrong})


def test_a_password_is_taken_as_it_is():
    assert Sample(password="  \x00 \N{GRINNING FACE} ").password.startswith("  \x00")
