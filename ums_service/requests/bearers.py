"""An access token in the place of a session token: the session that it belongs to.

The session is looked up each time, so that what has ended is refused at once. Other
services are shown these tokens, so one is never a proof of the last minutes: whoever
has it can do what an open session can, and nothing that is sensitive.
"""

from dataclasses import replace
from typing import Final

from ums_service.calls.facilities import Facilities
from ums_service.domain.moment import Moment
from ums_service.domain.sessions import NEVER_PROVED, Session
from ums_service.domain.signing_keys import KEY_RINGS, RING_ID, KeyRing

BEGINS: Final = "eyJ"
"""What every signed token begins with."""


def session_of_access_token(
    facilities: Facilities, token: str, now: Moment
) -> Session | None:
    """The live session of an access token, as one without a proof; None if it is not good.

    To use the token is to use the session.
    """
    ring = facilities.store.get(KEY_RINGS, RING_ID) or KeyRing()
    bearer = facilities.tokens.read(token, ring, now)
    session = bearer and facilities.sessions.with_id(bearer.session_id, now)
    if not bearer or not session or session.user_id != bearer.user_id:
        return None
    session.used_ticks_s = now.ticks_s
    return replace(session, proved_ticks_s=NEVER_PROVED, factor_ticks_s=None)
