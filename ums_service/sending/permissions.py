"""Who may send notifications, and where."""

from typing import Final

from ums_client.protocol.permissions import Permission

SENDING_EVERYWHERE: Final = Permission.NOTIFICATIONS_SEND
SENDING: Final = (Permission.NOTIFICATIONS_SEND, Permission.LAB_ADMIN_MANAGE)
"""Any of these, in a lab, to its members."""
