"""Posts to an HTTP gateway of the operator's, which carries messages on.

One POST per message with a JSON object; any status from 200 to 299 means that the gateway
has taken it. It runs in a thread with a timeout, a few at once; past that the answer is
`Busy` at once.
"""

import asyncio
import json
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

from typing_extensions import override

from ums_service.domain.errors import Busy, NotDelivered

TIMEOUT_S: Final = 5.0
AT_ONCE_MAX: Final = 8


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an error like any other status."""

    @override
    def redirect_request(self, *_: object) -> None:
        """Go nowhere."""


class HttpGateway:
    """One gateway. Belongs to the loop that calls it."""

    def __init__(self, url: str, *, token_file: Path | None) -> None:
        self._url = url
        self._token_file = token_file
        self._under_way = 0
        # neither the environment's proxies nor another host may see codes and token
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), _NoRedirects
        )

    async def post(self, message: Mapping[str, Any]) -> None:
        """Hand a message to the gateway.

        Raises:
            NotDelivered: the gateway did not take it, or not in time.
            Busy: too many are under way.
        """
        if self._under_way >= AT_ONCE_MAX:
            raise Busy(retry_after_s=TIMEOUT_S)
        self._under_way += 1
        try:
            await asyncio.to_thread(self._post, message)
        finally:
            self._under_way -= 1

    def _post(self, message: Mapping[str, Any]) -> None:
        headers = {"Content-Type": "application/json"}
        body = json.dumps(message).encode()
        try:
            if self._token_file is not None:
                token = self._token_file.read_text().strip()
                headers["Authorization"] = f"Bearer {token}"
            request = urllib.request.Request(self._url, body, headers)  # noqa: S310 - the settings admit http and https only
            with self._opener.open(request, timeout=TIMEOUT_S):
                pass
        except (OSError, HTTPException, ValueError) as error:
            raise NotDelivered from error
