"""A write with an idempotency key: done once, answered the same as often as asked."""

from typing import Any

from ums_client.protocol.message import Envelope
from ums_service.calls.call import Call
from ums_service.domain.idempotency import DONE, Done, done_id, fingerprint


class WriteOnce:
    """Finds the earlier reply of a keyed write, or keeps the one that is made now.

    Both happen in the transaction of the call: the reply is durable with the change,
    and of two equal requests in flight the second meets a conflict and is run again.
    """

    def __init__(self, call: Call, envelope: Envelope, fields: dict[str, Any]) -> None:
        key, action = envelope.idempotency_key, call.action.name
        assert key is not None
        self._call = call
        self._fingerprint = fingerprint(key, fields)
        caller = call.session.user_id if call.session else ""
        if call.key is not None:  # what its owner was answered is not for its scopes
            caller = call.key.key_id
        token = envelope.session_token
        self._done_id = done_id(caller or token or "", action, key)
        self._bearer_id = done_id(token, action, key) if token else None

    async def earlier_reply(self) -> dict[str, Any] | None:
        """The reply this write got before, if it was done.

        Raises:
            IdempotencyConflict: it was done with other arguments.
        """
        tx = self._call.tx
        done = await tx.get(DONE, self._done_id)
        if done is None and self._bearer_id is not None:
            known = await tx.find(DONE, "bearer_id", self._bearer_id)
            if known is not None:
                done = await tx.get(DONE, known)
        return done.reply_for(self._fingerprint) if done else None

    def remember(self, reply: dict[str, Any]) -> None:
        """Keep the reply with the change, durable in the same commit."""
        done = Done(
            done_id=self._done_id,
            bearer_id=self._bearer_id,
            fingerprint=self._fingerprint,
            reply=reply,
            at_epoch_s=self._call.now.epoch_s,
        )
        self._call.tx.put(DONE, done)
