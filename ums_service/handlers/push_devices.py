"""Telephones and browsers of the caller that notifications are pushed to."""

from typing import Any

from ums_client.protocol.notifications import (
    RegisterDevice,
    RegisterDeviceReply,
    UnregisterDevice,
    UnregisterDeviceReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.errors import MissingInput, NoSuchDevice, NotConfigured
from ums_service.domain.push_devices import (
    PUSH_DEVICES,
    PushDevice,
    PushDevices,
    take_from_others,
)


async def register_device(
    request: RegisterDevice, call: Call
) -> Answer[RegisterDeviceReply]:
    """Have notifications pushed to a device."""
    if call.facilities.push is None:
        raise NotConfigured("push gateway")
    user_id, token = (await call.own_account()).user_id, request.device_token
    await take_from_others(call.tx, user_id, token)
    own = await call.tx.get(PUSH_DEVICES, user_id) or PushDevices(user_id)
    device = PushDevice(
        call.facilities.new_device_id(),
        request.device_type,
        request.device_name,
        call.now.text,
        token,
    )
    own = own.with_one(device, most=call.facilities.profile.push_devices_per_user)
    call.tx.put(PUSH_DEVICES, own)
    call.subject = user_id
    call.details = {"device_id": device.device_id, "device_type": device.device_type}
    return answer(
        RegisterDeviceReply,
        message="Notifications are pushed to the device",
        device=_view(device),
        devices=[_view(one) for one in own.devices],
    )


async def unregister_device(
    request: UnregisterDevice, call: Call
) -> Answer[UnregisterDeviceReply]:
    """Have nothing pushed to a device any more; also where there is no gateway now."""
    name = request.device_id or request.device_token
    if not name or (request.device_id and request.device_token):
        raise MissingInput("Either device_id or device_token is required")
    user_id = call.own_session.user_id
    before = await call.tx.get(PUSH_DEVICES, user_id) or PushDevices(user_id)
    after = before.without(name)
    if len(after.devices) == len(before.devices):
        raise NoSuchDevice
    call.tx.put(PUSH_DEVICES, after)
    call.subject = user_id
    return answer(UnregisterDeviceReply, message="Nothing is pushed to the device")


def _view(device: PushDevice) -> dict[str, Any]:
    return {
        "device_id": device.device_id,
        "device_type": device.device_type,
        "device_name": device.device_name,
        "registered_at": device.registered_at,
    }
