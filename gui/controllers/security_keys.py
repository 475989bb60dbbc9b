"""Security keys: what makes and uses passkeys where there is no browser.

Options and answers are the JSON forms of WebAuthn, as the service gives and takes them.
The library is imported when a key is first used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from typing_extensions import override

if TYPE_CHECKING:
    from fido2.client import ClientError, Fido2Client, UserInteraction
    from fido2.ctap import CtapDevice

Json: TypeAlias = dict[str, Any]
NO_KEY: Final = (
    "No security key was found. Plug one in and try again. On Linux your account needs "
    "access to it, as the package libfido2-1 sets it up."
)
PIN_WANTED: Final = "The PIN of the key is needed."
_CTAP: Final = {
    "PIN_INVALID": "The PIN is not right.",
    "PIN_BLOCKED": "The PIN was wrong too often: the key is blocked.",
    "PIN_AUTH_BLOCKED": "The PIN was wrong too often. Unplug the key, plug it in again.",
    "PIN_NOT_SET": "The key has no PIN yet. Set one with the tool of its maker.",
    "CREDENTIAL_EXCLUDED": "There is a passkey of this account on the key already.",
    "NO_CREDENTIALS": "There is no passkey of this account on the key.",
    "KEY_STORE_FULL": "The key has no room for another passkey.",
    "OPERATION_DENIED": "The key was told not to do it.",
}
"""What a key answers (CTAP 2.1, 6.1 to 6.5), in words."""
_ABOUT_PIN: Final = frozenset({"PIN_INVALID", "PIN_BLOCKED", "PIN_NOT_SET"})


class KeyTrouble(Exception):
    """A security key could not do it; the text is for people.

    `field` names what was typed wrong, where that is the reason.
    """

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


class SecurityKeys(Protocol):
    """What makes passkeys and signs with them. Both wait for a touch of the key."""

    def enrol(self, options: Json, pin: str) -> Json:
        """Make a passkey. Raises KeyTrouble."""
        ...

    def sign(self, options: Json, pin: str) -> Json:
        """Sign with one. Raises KeyTrouble."""
        ...


Find: TypeAlias = Callable[[], Iterable["CtapDevice"]]


def _over_usb() -> Iterable[CtapDevice]:
    from fido2.hid import CtapHidDevice  # noqa: PLC0415 - few have a key

    return CtapHidDevice.list_devices()


class UsbKeys:
    """The first key that is plugged in. It signs for `https://` and the service's domain."""

    def __init__(self, find: Find = _over_usb) -> None:
        """`find` lists the keys that are there."""
        self._find = find

    def enrol(self, options: Json, pin: str) -> Json:
        """Make a passkey on it."""

        def make(client: Fido2Client) -> Json:
            selection = dict(options.get("authenticatorSelection") or {})
            _ask_only_for_what_it_can(client, selection)
            wanted: Any = options | {"authenticatorSelection": selection}
            return dict(client.make_credential(wanted))

        return self._use(options["rp"]["id"], pin, make)

    def sign(self, options: Json, pin: str) -> Json:
        """Sign with the passkey that is on it; of several, the newest."""

        def sign(client: Fido2Client) -> Json:
            wanted: Any = dict(options)
            _ask_only_for_what_it_can(client, wanted)
            return dict(client.get_assertion(wanted).get_response(0))

        return self._use(options["rpId"], pin, sign)

    def _use(self, rp_id: str, pin: str, work: Callable[[Fido2Client], Json]) -> Json:
        from fido2.client import (  # noqa: PLC0415 - few have a key
            ClientError,
            DefaultClientDataCollector,
            Fido2Client,
        )

        device = self._first()
        collector = DefaultClientDataCollector(f"https://{rp_id}")
        try:
            return work(Fido2Client(device, collector, _typed(pin)))
        except ClientError as error:
            raise _trouble(error) from error
        except OSError as error:
            raise KeyTrouble("The key was unplugged.") from error
        except ValueError as error:  # an answer that makes no sense
            raise KeyTrouble("The key is not of a kind that is known.") from error
        finally:
            device.close()

    def _first(self) -> CtapDevice:
        try:
            for device in self._find():
                return device
        except OSError as error:
            raise KeyTrouble(NO_KEY) from error
        raise KeyTrouble(NO_KEY)


def _typed(pin: str) -> UserInteraction:
    from fido2.client import UserInteraction  # noqa: PLC0415 - few have a key

    class Typed(UserInteraction):
        """The PIN was asked for before."""

        @override
        def request_pin(self, permissions: Any, rp_id: str | None) -> str | None:
            return pin or None

    return Typed()


def _ask_only_for_what_it_can(client: Fido2Client, options: Json) -> None:
    """A key without PIN and finger is not asked to verify its user, unless that must be."""
    can = client.info.options
    if options.get("userVerification") == "preferred" and not (
        can.get("uv") or can.get("clientPin")
    ):
        options["userVerification"] = "discouraged"


def _trouble(error: ClientError) -> KeyTrouble:
    from fido2.client import ClientError as Kinds  # noqa: PLC0415 - few have a key
    from fido2.client import PinRequiredError  # noqa: PLC0415
    from fido2.ctap import CtapError  # noqa: PLC0415

    if isinstance(error, PinRequiredError):
        return KeyTrouble(PIN_WANTED, "pin")
    if isinstance(error.cause, CtapError):
        name = getattr(error.cause.code, "name", "")
        if name in _CTAP:
            return KeyTrouble(_CTAP[name], "pin" if name in _ABOUT_PIN else "")
    match error.code:
        case Kinds.ERR.TIMEOUT:
            return KeyTrouble("The key was not touched in time.")
        case Kinds.ERR.CONFIGURATION_UNSUPPORTED:
            return KeyTrouble("The key has neither a PIN nor a finger to know you by.")
        case _:
            return KeyTrouble(f"The key could not do it ({error.code.name.lower()}).")
