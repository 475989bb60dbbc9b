"""Known devices: remembered at login, listed, forgotten."""

from datetime import UTC, datetime
from typing import Any

from ums_client.protocol.devices import (
    ForgetDevice,
    ForgetDeviceReply,
    ListDevices,
    ListDevicesReply,
)
from ums_client.protocol.sessions import OpensSession
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.devices import DEVICES, Device, Devices, device_token
from ums_service.domain.errors import InvalidSession, NoSuchDevice, NotFound
from ums_service.domain.service_secrets import DEVICE_TOKENS, service_secret
from ums_service.domain.sessions import prove_factor
from ums_service.domain.users import USERS, User
from ums_service.handlers.freshness import require_fresh_for_others


async def note_device(
    request: OpensSession[Any],
    user: User,
    known: Device | None,
    methods: tuple[str, ...],
    call: Call,
) -> dict[str, str]:
    """Note the use of a known device, or remember a new one where that is asked for.

    A device that is remembered with a second factor among `methods` spares the next.
    Returns the fields that the reply to the login has for it.
    """
    if known is None and not request.remember_device:
        return {}
    now, profile = call.now, call.facilities.profile
    own = await call.tx.get(DEVICES, user.user_id) or Devices(user.user_id)
    known = known and own.find(known.device_id)  # it may have been forgotten just now
    device = known or _new_device(call)
    device = device._replace(last_used_at=now.text, address=call.address)
    if request.remember_device:
        label = request.device_label or device.label
        device = device._replace(label=label, issued_epoch_s=now.reached_s)
        if prove_factor(methods):
            device = device._replace(factor_epoch_s=now.epoch_s)
    elif known is None:
        return {}
    most, good_for_s = profile.devices_per_user, profile.device_token_s
    call.tx.put(DEVICES, own.with_device(device, now, most=most, good_for_s=good_for_s))
    if not request.remember_device:
        return {}
    key = service_secret(call.facilities.store, DEVICE_TOKENS)
    token = device_token(key, user.user_id, device)
    return {"device_token": token, "device_id": device.device_id}


async def spares_factor(device: Device | None, user: User, call: Call) -> bool:
    """Whether this known device is asked for no second factor, at the commit still."""
    profile = call.facilities.policies.of(user.user_id)
    if device is None or not profile.device_spares_factor:
        return False
    own = await call.tx.get(DEVICES, user.user_id) or Devices(user.user_id)
    known, good_for_s = own.find(device.device_id), profile.device_token_s
    return known is not None and known.spares_factor(call.now, good_for_s=good_for_s)


async def ask_devices_again(user_id: str, call: Call) -> None:
    """Let no device of an account spare the second factor any more."""
    own = await call.tx.get(DEVICES, user_id)
    if own is not None:
        call.tx.put(DEVICES, own.without_factors())


async def list_devices(request: ListDevices, call: Call) -> Answer[ListDevicesReply]:
    """List the known devices of an account."""
    user_id = _target(request.user_id, call)
    call.discloses = user_id != call.own_session.user_id
    own = call.facilities.store.get(DEVICES, user_id) or Devices(user_id)
    good_for_s = call.facilities.profile.device_token_s
    current = own.current(call.now, good_for_s=good_for_s)
    views = [_view(device, good_for_s) for device in current]
    return answer(ListDevicesReply, devices=views, count=len(views))


async def forget_device(request: ForgetDevice, call: Call) -> Answer[ForgetDeviceReply]:
    """Forget a known device."""
    user_id = _target(request.user_id, call)
    require_fresh_for_others(user_id, call)
    own = await call.tx.get(DEVICES, user_id)
    if own is None or own.find(request.device_id) is None:
        raise NoSuchDevice
    left = own.without(request.device_id)
    if left.devices:
        call.tx.put(DEVICES, left)
    else:
        call.tx.delete(DEVICES, user_id)
    call.details["device_id"] = request.device_id
    return answer(ForgetDeviceReply, message="Device forgotten")


def _target(user_id: str | None, call: Call) -> str:
    """The caller's account or another."""
    own = call.own_session.user_id
    target = user_id or own
    call.subject = target
    if call.facilities.store.get_value(USERS, target) is None:
        raise InvalidSession if target == own else NotFound
    return target


def _new_device(call: Call) -> Device:
    now = call.now
    return Device(
        device_id=call.facilities.new_device_id(),
        label="",
        created_at=now.text,
        last_used_at=now.text,
        address=call.address,
        issued_epoch_s=now.reached_s,
    )


def _view(device: Device, good_for_s: int) -> dict[str, Any]:
    shown = device._asdict()
    del shown["factor_epoch_s"]
    ends_epoch_s = shown.pop("issued_epoch_s") + good_for_s
    ends = datetime.fromtimestamp(ends_epoch_s, UTC)
    return shown | {"expires_at": ends.isoformat(timespec="seconds")}
