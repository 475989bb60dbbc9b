"""From the bytes of a request to the bytes of its reply, whatever happens on the way.

In order: is the address heard, decode, find the action, the address of the end user if
a gateway tells one, limit the address, session, limit the caller, validate, access,
handler, commit with its audit entry, reply. Refusals are told and audited here; faults
are logged and told as INTERNAL. Nothing else of an exception leaves the service.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from storage.errors import Conflict, Refused, UniqueViolation
from ums_client.protocol.actions import ACTIONS, Access, Action, Repeat
from ums_client.protocol.codec import Encoding, decode, encoding_of
from ums_client.protocol.message import (
    Envelope,
    Request,
    open_envelope,
    request_id_of,
)
from ums_service.calls.access import check_access, ignores_keys
from ums_service.calls.answer import Answer
from ums_service.calls.call import Call
from ums_service.calls.catalogue import Handler, Row, rows
from ums_service.calls.facilities import Facilities
from ums_service.calls.meters import OK
from ums_service.domain.errors import (
    InvalidCredentials,
    RateLimited,
    Refusal,
    UnknownAction,
)
from ums_service.domain.moment import Moment
from ums_service.domain.sessions import Purpose, session_of_key
from ums_service.guard.reply_delays import ReplyDelays
from ums_service.handlers.endings import end_moved
from ums_service.requests.bearers import BEGINS, session_of_access_token
from ums_service.requests.gateways import Forwarded, forwarded
from ums_service.requests.refusal_log import RefusalLog
from ums_service.requests.replies import Replies
from ums_service.requests.write_once import WriteOnce

RUNS_MAX: Final = 16
"""How often a handler is run when other commits get between its read and its own."""


class Dispatch:
    """Answers requests. One per service; belongs to the loop."""

    def __init__(
        self,
        handlers: Mapping[type[Request[Any]], Handler],
        facilities: Facilities,
        delays: ReplyDelays,
        clock: Callable[[], Moment],
    ) -> None:
        self._rows = rows(ACTIONS, handlers)
        self._facilities = facilities
        self._limits = facilities.limits
        self._delays = delays
        self._clock = clock
        self._meters = facilities.meters
        self._bound = facilities.profile.session_binding == "address"
        self._replies = Replies(original=facilities.profile.original_replies)
        self.refusals = RefusalLog(facilities.store, facilities.attempts.saved)

    async def answer(self, body: bytes, address: str) -> bytes:
        """The reply to one request; raises nothing but cancellation.

        What the request changed is durable when this returns.
        """
        begun_s = self._meters.begin()
        now, encoding = self._clock(), encoding_of(body)
        if self._limits.unheard and (unheard_s := self._unheard_s(address, now)):
            return self._not_heard(unheard_s, encoding, begun_s)
        message, request_id, row, call = None, None, None, None
        try:
            message = decode(body)
            envelope = open_envelope(message)
            request_id = envelope.request_id
            row = self._row(envelope.action)
            action, gateway = row.action, None
            if envelope.gateway_key is not None:
                address, gateway = self._forwarded(envelope, action, address, now)
            call = Call(self._facilities, action, None, address, now)
            call.request_id, call.client = request_id, envelope.client
            call.gateway = gateway
            self._limits.take(action.rate, address, now.ticks_s)
            self._identify(call, envelope)
            if self._bound and call.session and call.session.address != address:
                await end_moved(call)
            request, ignored = row.request_of(message)
            job = _Job(row, request, ignored, envelope, message, encoding)
            reply = await self._run_until_done(job, call)
        except Exception as error:  # noqa: BLE001 - the boundary that nothing may pass
            request_id = _id_of_refused(request_id, message)
            refused = self.refusals.told(error, row.action if row else None)
            await self.refusals.audit(refused, call, address, now)
            reply = self._replies.refusal(refused)
            self._meters.end(begun_s, refused.action, refused.told.code)
            if isinstance(error, InvalidCredentials):
                await self._delays.hold(address, error.failures)
        else:
            self._meters.end(begun_s, action, OK)
        try:
            return self._replies.write(reply, request_id, encoding)
        except ValueError as error:
            return self._not_written(error, request_id, encoding)

    def _not_written(
        self, error: ValueError, request_id: str | int | None, encoding: Encoding
    ) -> bytes:
        """The answer in place of a reply that holds what the encoding cannot carry."""
        refusal = self._replies.refusal(self.refusals.told(error, None))
        return self._replies.write(refusal, request_id, encoding)

    def _unheard_s(self, address: str, now: Moment) -> float:
        """For how long nothing from this address is even read."""
        return self._limits.unheard_for_s(address, now.ticks_s)

    def _not_heard(self, for_s: float, encoding: Encoding, begun_s: float) -> bytes:
        """The answer to what is not even read; counted, without an audit entry."""
        self.refusals.count_unheard()
        refused = self.refusals.told(RateLimited(for_s), None)
        self._meters.end(begun_s, None, refused.told.code)
        return self._replies.write(self._replies.refusal(refused), None, encoding)

    def _forwarded(
        self, envelope: Envelope, action: Action, peer: str, now: Moment
    ) -> Forwarded:
        """Where the request came from, which a gateway tells.

        What the gateway does wrong itself is counted for its own address.
        """
        key, facilities = envelope.gateway_key or "", self._facilities
        try:
            told = forwarded(key, envelope.client, peer, facilities, now)
        except Refusal:
            self._limits.take(action.rate, peer, now.ticks_s)
            raise
        self._limits.always_hear(peer)
        return told

    def _identify(self, call: Call, envelope: Envelope) -> None:
        """Find out who asks, if the action wants to know; counted if callers have limits."""
        action, facilities, now = call.action, self._facilities, call.now
        token, text, session, key = envelope.session_token, envelope.api_key, None, None
        if action.access is Access.PUBLIC:
            return
        if token is not None:
            if token.startswith(BEGINS):
                session = session_of_access_token(facilities, token, now)
            session = session or facilities.sessions.find(
                token, now, purpose=Purpose.SESSION
            )
        elif text is not None and not ignores_keys(action):
            key = facilities.keys.find(text, call.address, now)
            session = session_of_key(key, call.address, now)
        if self._limits.of_callers and session is not None:
            self._limits.take_of_caller(action.rate, session.user_id, now.ticks_s)
        call.session, call.key = session, key

    def _row(self, name: str | None) -> Row:
        row = self._rows.get(name or "")
        if row is None:
            raise UnknownAction(name)
        return row

    async def _run_until_done(self, job: "_Job", call: Call) -> dict[str, Any] | bytes:
        conflict: Refused | None = None
        for _ in range(RUNS_MAX):
            try:
                if job.envelope.idempotency_key and call.action.repeat is Repeat.KEYED:
                    return await self._run_once(job, call)
                reply = self._reply(await self._handle(job, call), job)
                if call.changes_something():
                    await call.commit()
            except (Conflict, UniqueViolation) as error:
                conflict = error
                call.begin_again()
            else:
                return reply
        assert conflict is not None
        raise conflict

    async def _run_once(self, job: "_Job", call: Call) -> dict[str, Any]:
        once = WriteOnce(call, job.envelope, job.fields)
        done = await once.earlier_reply()
        if done is not None:
            return done
        made = await self._handle(job, call)
        reply = self._replies.success(made, job.ignored)
        once.remember(reply)
        await call.commit()
        return reply

    async def _handle(self, job: "_Job", call: Call) -> Answer[Any]:
        stale = call.session is None and job.envelope.session_token is not None
        if stale and self._facilities.profile.stale_session_is_none:
            stale = False
        check_access(job.row, job.request, call, stale_token=stale)
        return await job.row.handler(job.request, call)

    def _reply(self, made: Answer[Any], job: "_Job") -> dict[str, Any] | bytes:
        if made.source is None or job.ignored or job.encoding is not Encoding.JSON:
            return self._replies.success(made, job.ignored)
        return self._replies.json_of(made)


def _id_of_refused(
    opened: str | int | None, message: dict[str, Any] | None
) -> str | int | None:
    """The id to echo: that of the envelope, or what a message holds that was not opened.

    An envelope that was opened has taken its id out of the message; 0 and "" are ids.
    """
    return request_id_of(message or {}) if opened is None else opened


class _Job(NamedTuple):
    """What stays the same when a handler is run again."""

    row: Row
    request: Request[Any]
    ignored: list[str]
    envelope: Envelope
    fields: dict[str, Any]
    encoding: Encoding
