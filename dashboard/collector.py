"""The collector that keeps going: a sync every so often, through outages of the source, until stopped."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboard.config import PrometheusSettings
from dashboard.domain.slo import Catalogue
from dashboard.errors import ReliabilityError
from dashboard.ingest.sync import Progress, SyncReport, sync
from dashboard.sources.prometheus import Prometheus

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """What one sync needs: where from, where to, what, and how far back the first time.

    `catalogue` gives what is measured at each sync, so that a changed file counts from the next one on;
    the longest window of it is read even when `backfill` is shorter.
    """

    settings: PrometheusSettings
    store: Path
    catalogue: Callable[[], Catalogue]
    backfill: timedelta

    def run_once(
        self,
        now: datetime,
        *,
        progress: Progress = lambda _done, _all, _what: None,
        stop: threading.Event | None = None,
    ) -> SyncReport:
        """One sync at `now`; see `ingest.sync`."""
        catalogue = self.catalogue()
        longest = max((objective.window for objective in catalogue.objectives), default=self.backfill)
        source = Prometheus(self.settings)
        try:
            return sync(
                self.store,
                catalogue,
                source,
                now=now,
                backfill=max(self.backfill, longest),
                progress=progress,
                stop=stop,
            )
        finally:
            source.close()

    def run_every(
        self,
        interval: timedelta,
        stop: threading.Event,
        *,
        tell: Callable[[SyncReport], None],
        progress: Progress = lambda _done, _all, _what: None,
    ) -> None:
        """Sync now and then every `interval`, until `stop` is set. A failed sync is told and tried again."""
        while not stop.is_set():
            started = datetime.now(UTC)
            try:
                tell(self.run_once(started, progress=progress, stop=stop))
            except ReliabilityError as error:
                # The store may be locked or its disk full: that too may pass.
                _log.error("sync failed: %s", error)
            except Exception:  # noqa: BLE001 - see below
                # A fault of ours must not end the collecting for good: it is told whole, and tried again.
                _log.exception("sync failed by a fault of the program")
            stop.wait(max(0.0, (started + interval - datetime.now(UTC)).total_seconds()))
