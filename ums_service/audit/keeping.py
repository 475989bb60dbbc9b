"""What becomes of the audit log by itself: watched, sent elsewhere, dropped in the end."""

from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from storage import Disk, RealDisk, Store
from ums_service.audit.anchor import Anchor, anchor_at
from ums_service.audit.reader import AuditReader
from ums_service.audit.retention import AuditRetention
from ums_service.audit.shipping import AuditShipping
from ums_service.audit.syslog import Collector, collector_at
from ums_service.audit.watch import AuditWatch
from ums_service.deployment.settings import Settings
from ums_service.domain.moment import Moment


class AuditPlaces(NamedTuple):
    """Where the log, or its head, goes beside the store."""

    anchor: Anchor | None
    collector: Collector | None
    archive: Disk | None


def audit_places(settings: Settings) -> AuditPlaces:
    """The places that are set; nothing is sent there yet.

    Raises:
        BadAnchor, BadCollector: a setting names none.
    """
    anchor, collector = settings.audit_anchor, settings.audit_syslog
    archive = settings.audit_archive
    return AuditPlaces(
        anchor_at(anchor) if anchor else None,
        collector_at(collector, settings.audit_syslog_ca_file) if collector else None,
        RealDisk(archive) if archive else None,
    )


class AuditKeeping(NamedTuple):
    """The tasks of one log."""

    watch: AuditWatch
    retention: AuditRetention
    shipping: AuditShipping | None

    def tasks(self) -> list[Coroutine[Any, Any, None]]:
        """Each goes on until cancelled."""
        tasks = [self.watch.run(), self.retention.run()]
        return tasks if self.shipping is None else [*tasks, self.shipping.run()]

    async def finish(self) -> None:
        """Keep the last head elsewhere, and send the last entries."""
        await self.watch.keep_head()
        if self.shipping is not None:
            await self.shipping.finish()


def audit_keeping(
    store: Store,
    reader: AuditReader,
    places: AuditPlaces,
    settings: Settings,
    clock: Callable[[], Moment],
) -> AuditKeeping:
    """What the settings ask for; the store need not run yet."""
    every_s = settings.audit_anchor_every_s
    watch = AuditWatch(store, reader, places.anchor, clock, every_s=every_s)
    retention = AuditRetention(
        store,
        clock,
        kept_days=settings.policy_profile().audit_kept_days,
        hold=settings.audit_hold,
        archive=places.archive,
    )
    collector = places.collector
    shipping = AuditShipping(store, collector) if collector else None
    return AuditKeeping(watch, retention, shipping)
