"""Sends codes as text messages through an HTTP gateway.

One POST per message, `{"to": "+4930123456", "text": "..."}` as JSON; any status from 200
to 299 means that the gateway has taken it. It runs in a thread with a timeout, a few at
once; past that the answer is `Busy` at once.
"""

import asyncio
import json
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Final

from typing_extensions import override

from ums_service.domain.errors import Busy, NotDelivered
from ums_service.domain.users import User

TIMEOUT_S: Final = 5.0
AT_ONCE_MAX: Final = 8


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an error like any other status."""

    @override
    def redirect_request(self, *_: object) -> None:
        """Go nowhere."""


class SmsGateway:
    """A `CodeSender` for telephones. Belongs to the loop that calls it."""

    def __init__(self, url: str, *, issuer: str, token_file: Path | None) -> None:
        self._url = url
        self._issuer = issuer
        self._token_file = token_file
        self._under_way = 0
        # neither the environment's proxies nor another host may see codes and token
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), _NoRedirects
        )

    async def send(self, user: User, address: str, code: str, purpose: str) -> None:  # noqa: ARG002 - every sender is asked alike
        """Hand the code to the gateway.

        Raises:
            NotDelivered: the gateway did not take it, or not in time.
            Busy: too many are under way.
        """
        if self._under_way >= AT_ONCE_MAX:
            raise Busy(retry_after_s=TIMEOUT_S)
        self._under_way += 1
        try:
            await asyncio.to_thread(self._post, address, self._text(code, purpose))
        finally:
            self._under_way -= 1

    def _text(self, code: str, purpose: str) -> str:
        return f"{code} is your {self._issuer} code ({purpose}). Tell it to nobody."

    def _post(self, number: str, text: str) -> None:
        headers = {"Content-Type": "application/json"}
        body = json.dumps({"to": number, "text": text}).encode()
        try:
            if self._token_file is not None:
                token = self._token_file.read_text().strip()
                headers["Authorization"] = f"Bearer {token}"
            request = urllib.request.Request(self._url, body, headers)  # noqa: S310 - the settings admit http and https only
            with self._opener.open(request, timeout=TIMEOUT_S):
                pass
        except (OSError, HTTPException, ValueError) as error:
            raise NotDelivered from error
