"""Sends codes as text messages through an HTTP gateway.

What is posted is `{"to": "+4930123456", "text": "..."}`.
"""

from typing import TYPE_CHECKING

from ums_service.domain.users import User

if TYPE_CHECKING:
    from ums_service.sending.http_gateway import HttpGateway


class SmsGateway:
    """A `CodeSender` for telephones."""

    def __init__(self, gateway: "HttpGateway", *, issuer: str) -> None:
        self._gateway = gateway
        self._issuer = issuer

    async def send(self, user: User, address: str, code: str, purpose: str) -> None:  # noqa: ARG002 - every sender is asked alike
        """Hand the code to the gateway. Raises NotDelivered or Busy."""
        await self._gateway.post({"to": address, "text": self._text(code, purpose)})

    def _text(self, code: str, purpose: str) -> str:
        return f"{code} is your {self._issuer} code ({purpose}). Tell it to nobody."
