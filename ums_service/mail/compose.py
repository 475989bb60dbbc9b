"""The words of a mail: templates in, one message with a text and an HTML part out.

Whatever people typed is escaped in HTML and cannot begin a header or a line of one.
Templates of an operator's directory come before ours, file by file.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ums_service.mail.outcomes import RefusedForGood
from ums_service.mail.sender import Letter

if TYPE_CHECKING:
    from email.message import EmailMessage

    from jinja2 import Environment

OURS: Final = Path(__file__).parents[1] / "templates"
_MANY_BLANK_LINES: Final = re.compile(r"\n{3,}")
_UNITS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


class Sender(NamedTuple):
    """Who writes. `public_url` is where links lead; without it there are only codes."""

    address: str
    name: str
    public_url: str
    templates: Path | None


class Composer:
    """Writes messages. The template library is loaded with the first one."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    @cached_property
    def _environment(self) -> "Environment":
        from jinja2 import (  # noqa: PLC0415 - most starts send no mail at once
            Environment,
            FileSystemLoader,
            StrictUndefined,
            select_autoescape,
        )

        own = self._sender.templates
        return Environment(
            loader=FileSystemLoader([own, OURS] if own else [OURS]),
            undefined=StrictUndefined,
            autoescape=select_autoescape(["html"]),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def compose(self, letter: Letter) -> "EmailMessage":
        """The message. The first line of the text template is the subject.

        Raises:
            RefusedForGood: the address cannot stand in a message.
        """
        from email.message import EmailMessage  # noqa: PLC0415 - as above
        from email.policy import SMTP  # noqa: PLC0415

        mail = letter.mail
        context = self._context(letter)
        text = self._render(f"{mail.template}.txt", context)
        subject, _, body = text.partition("\n")
        message = EmailMessage(policy=SMTP)
        try:
            message["From"] = self._from()
            message["To"] = _address(mail.to)
        except (ValueError, IndexError):  # what the library raises for no address
            raise RefusedForGood("the address cannot stand in a mail") from None
        message["Subject"] = " ".join(subject.split())
        message["Date"] = letter.now.utc
        domain = self._sender.address.rpartition("@")[2]
        message["Message-ID"] = f"<{mail.mail_id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office
        message.set_content(_MANY_BLANK_LINES.sub("\n\n", body.strip()) + "\n")
        html = self._render(f"{mail.template}.html", context)
        message.add_alternative(html, subtype="html")
        return message

    def _from(self) -> Any:
        from email.headerregistry import Address  # noqa: PLC0415 - as above

        return Address(self._sender.name, addr_spec=self._sender.address)

    def _render(self, name: str, context: Mapping[str, Any]) -> str:
        return self._environment.get_template(name).render(context)

    def _context(self, letter: Letter) -> dict[str, Any]:
        mail, url = letter.mail, self._sender.public_url
        link = ""
        if letter.token and url:
            link = f"{url}/{mail.purpose.replace('_', '-')}#token={letter.token}"
        return {
            "earlier": 0,
            "reason": "",
            **mail.data,
            "service": self._sender.name,
            "public_url": url,
            "code": letter.token,
            "link": link,
            "purpose": mail.purpose,
            "good_for": in_words(letter.good_for_s),
        }


def in_words(seconds: int) -> str:
    """A duration for people: 1 hour, 3 days."""
    for unit_s, name in _UNITS:
        if seconds >= unit_s and seconds % unit_s == 0:
            count = seconds // unit_s
            return f"{count} {name}" + ("s" if count != 1 else "")
    return f"{seconds} seconds"


def _address(address: str) -> Any:
    from email.headerregistry import Address  # noqa: PLC0415 - as above

    return Address(addr_spec=address)
