"""Messages about known devices: those that an account asked to be remembered."""

from typing import Annotated

from pydantic import StringConstraints

from ums_client.protocol.fields import UserId
from ums_client.protocol.message import Part, Reply, Request

DeviceId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class KnownDevice(Part):
    """One known device. Times are ISO 8601 in UTC.

    Past `expires_at` it is not known any more, unless it is remembered again before.
    """

    device_id: str
    label: str
    created_at: str
    last_used_at: str
    expires_at: str
    address: str


class ListDevicesReply(Reply):
    """The known devices of the account, the one used last at the end."""

    devices: list[KnownDevice]
    count: int


class ListDevices(Request[ListDevicesReply]):
    """List your known devices, or as an administrator those of another account."""

    user_id: UserId | None = None


class ForgetDeviceReply(Reply):
    """The device is not known any more; its token counts for nothing."""

    message: str = ""


class ForgetDevice(Request[ForgetDeviceReply]):
    """Forget a known device of yours, or as an administrator one of another account."""

    device_id: DeviceId
    user_id: UserId | None = None
