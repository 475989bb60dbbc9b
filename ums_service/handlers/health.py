"""Whether the service is well: for everybody, for load balancers, for operators."""

from statistics import median
from typing import Any, Final

from storage import State
from ums_client.protocol.permissions import Permission
from ums_client.protocol.service import HealthCheck, HealthCheckReply
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.facilities import Facilities
from ums_service.deployment import process
from ums_service.domain.users import USERS
from ums_service.handlers import condition
from ums_service.handlers.condition import Grade, Part

_STATES: Final = {
    State.WRITABLE: "ready",
    State.FULL: "full",
    State.READ_ONLY: "read_only",
}
_WORDS: Final = {
    Grade.OK: "healthy",
    Grade.DEGRADED: "degraded",
    Grade.FAILED: "unhealthy",
}


async def health_check(request: HealthCheck, call: Call) -> Answer[HealthCheckReply]:
    """Tell how the service is; where it keeps its data stays its secret."""
    facilities = call.facilities
    more: dict[str, Any] = {}
    if request.level != "basic" or not facilities.profile.original_replies:
        more = {
            "state": _STATES[facilities.store.health.state],
            "version": facilities.version,
            "profile": facilities.profile.name,
        }
    if request.level == "live":
        more["state"] = "alive"
    elif request.level == "ready":
        more |= _readiness(request, call)
    elif request.level == "detailed":
        call.require(Permission.SYSTEM_READ)
        more |= _everything(request, call)
    return answer(
        HealthCheckReply,
        service="Secure Universal Users Service",
        timestamp=call.now.text,
        storage=facilities.store_name,
        active_sessions=_sessions_shown(call),
        **more,
    )


def _readiness(request: HealthCheck, call: Call) -> dict[str, Any]:
    parts = condition.needed(call.facilities, call.now)
    ready = condition.worst(parts) is not Grade.FAILED
    return {
        "state": "ready" if ready else "not_ready",
        "ready": ready,
        "checks": _shown(parts, request),
    }


def _everything(request: HealthCheck, call: Call) -> dict[str, Any]:
    parts = condition.all_parts(call.facilities, call.now)
    grade = condition.worst(parts)
    return {
        "state": _WORDS[grade],
        "ready": grade is not Grade.FAILED,
        "checks": _shown(parts, request),
        "details": _details(call.facilities),
    }


def _shown(parts: list[Part], request: HealthCheck) -> list[dict[str, str]]:
    return [
        {"name": part.name, "state": part.grade.value, "text": part.text}
        for part in parts
        if request.component in (None, part.name)
    ]


def _details(facilities: Facilities) -> dict[str, Any]:
    figures = facilities.store.figures
    took_ms = [took_s * 1e3 for took_s in figures.flush_times.latest_s]
    return {
        "uptime_s": int(facilities.meters.uptime_s),
        "memory_bytes": process.memory().resident,
        "open_files": process.open_files(),
        "queues": {
            "requests": facilities.meters.in_flight,
            "hashing": facilities.gate.pool.admitted,
            "mail": facilities.mail.waiting if facilities.mail is not None else 0,
        },
        "accounts": facilities.store.count(USERS),
        "store_bytes": {
            "base": figures.base_bytes,
            "journal": figures.journal_bytes,
            "segments": figures.segment_bytes,
        },
        "commits": len(took_ms),
        "commit_median_ms": round(median(took_ms), 3) if took_ms else 0.0,
        "commit_worst_ms": round(max(took_ms, default=0.0), 3),
    }


def _sessions_shown(call: Call) -> int:
    sessions = call.facilities.sessions
    if call.session is None:
        return 0
    if call.may(Permission.SYSTEM_READ):
        return len(sessions)
    return sessions.count_of(call.session.user_id)
