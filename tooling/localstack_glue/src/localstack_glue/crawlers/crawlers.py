"""Crawlers: their definitions, schedules and states (G13)."""

import statistics
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from glue_triggers.cron import Cron, CronError
from localstack_glue.crawlers.definition_rules import check_definition, crawl_matches
from localstack_glue.crawlers.execution import CrawlExecutor
from localstack_glue.service import answers
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.clock import Clock
from localstack_glue.service.errors import (
    AlreadyExistsException,
    CrawlerNotRunningException,
    CrawlerRunningException,
    CrawlerStoppingException,
    EntityNotFoundException,
    InvalidInputException,
    NoScheduleException,
    SchedulerNotRunningException,
    SchedulerRunningException,
)
from localstack_glue.service.models import BY_HAND, Crawl, Crawler, CrawlerState, JsonDict, Origin
from localstack_glue.service.pagination import page, page_by_name
from localstack_glue.service.signals import CrawlSignals
from localstack_glue.service.tagging import Tagger

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        BatchGetCrawlersRequestTypeDef,
        CreateCrawlerRequestTypeDef,
        DeleteCrawlerRequestTypeDef,
        GetCrawlerMetricsRequestTypeDef,
        GetCrawlerRequestTypeDef,
        GetCrawlersRequestTypeDef,
        ListCrawlersRequestTypeDef,
        ListCrawlsRequestTypeDef,
        StartCrawlerRequestTypeDef,
        StartCrawlerScheduleRequestTypeDef,
        StopCrawlerRequestTypeDef,
        StopCrawlerScheduleRequestTypeDef,
        UpdateCrawlerRequestTypeDef,
        UpdateCrawlerScheduleRequestTypeDef,
    )


class Crawlers:
    """The crawler calls of the API, and the start and end of crawls.

    ``schedules_changed`` is set whenever the scheduler has to look at the schedules again.
    """

    def __init__(
        self,
        clock: Clock,
        lock: threading.RLock,
        executor: CrawlExecutor,
        tagger: Tagger,
        signals: CrawlSignals,
        schedules_changed: threading.Event,
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._executor = executor
        self._tagger = tagger
        self._signals = signals
        self._schedules_changed = schedules_changed

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "BatchGetCrawlers": self.batch_get,
            "CreateCrawler": self.create,
            "DeleteCrawler": self.delete,
            "GetCrawler": self.get,
            "GetCrawlerMetrics": self.metrics,
            "GetCrawlers": self.get_all,
            "ListCrawlers": self.list_names,
            "ListCrawls": self.list_crawls,
            "StartCrawler": self.start,
            "StartCrawlerSchedule": self.start_schedule,
            "StopCrawler": self.stop,
            "StopCrawlerSchedule": self.stop_schedule,
            "UpdateCrawler": self.update,
            "UpdateCrawlerSchedule": self.update_schedule,
        }

    def create(self, scope: Scope, request: "CreateCrawlerRequestTypeDef") -> JsonDict:
        """CreateCrawler."""
        name = request["Name"]
        check_definition(request)
        now = self._clock.now()
        with self._lock:
            if name in scope.store.crawlers:
                raise AlreadyExistsException(f"{name} already exists")
            crawler = Crawler(name, _definition(request), now, now)
            self._set_schedule(crawler, request.get("Schedule"))
            scope.store.crawlers[name] = crawler
            self._tagger.tag(scope, scope.arn("crawler", name), request.get("Tags"))
        return {}

    def get(self, scope: Scope, request: "GetCrawlerRequestTypeDef") -> JsonDict:
        """GetCrawler."""
        return {"Crawler": self._describe(self._find(scope, request["Name"]))}

    def get_all(self, scope: Scope, request: "GetCrawlersRequestTypeDef") -> JsonDict:
        """GetCrawlers."""
        stored = list(scope.store.crawlers.values())
        found, token = page_by_name(stored, request.get("NextToken"), request.get("MaxResults"))
        return {"Crawlers": [self._describe(crawler) for crawler in found], "NextToken": token}

    def batch_get(self, scope: Scope, request: "BatchGetCrawlersRequestTypeDef") -> JsonDict:
        """BatchGetCrawlers."""
        crawlers = scope.store.crawlers
        return {
            "Crawlers": [self._describe(crawlers[name]) for name in request["CrawlerNames"] if name in crawlers],
            "CrawlersNotFound": [name for name in request["CrawlerNames"] if name not in crawlers],
        }

    def list_names(self, scope: Scope, request: "ListCrawlersRequestTypeDef") -> JsonDict:
        """ListCrawlers, by tags if given."""
        names = self._tagger.having(scope, "crawler", sorted(scope.store.crawlers), request.get("Tags"))
        found, token = page(names, request.get("NextToken"), request.get("MaxResults"), key=str)
        return {"CrawlerNames": found, "NextToken": token}

    def update(self, scope: Scope, request: "UpdateCrawlerRequestTypeDef") -> JsonDict:
        """UpdateCrawler: given members replace, others stay; refused while it runs (G13)."""
        with self._lock:
            crawler = self._find_idle(scope, request["Name"])
            merged = crawler.definition | _definition(request)
            check_definition(merged | {"Schedule": request.get("Schedule")})
            crawler.definition = merged
            if "Schedule" in request:
                self._set_schedule(crawler, request["Schedule"])
            self._touch(crawler)
        return {}

    def delete(self, scope: Scope, request: "DeleteCrawlerRequestTypeDef") -> JsonDict:
        """DeleteCrawler; refused while it runs."""
        with self._lock:
            crawler = self._find_idle(scope, request["Name"])
            del scope.store.crawlers[crawler.name]
            self._tagger.forget(scope, scope.arn("crawler", crawler.name))
        self._schedules_changed.set()
        return {}

    def start(self, scope: Scope, request: "StartCrawlerRequestTypeDef") -> JsonDict:
        """StartCrawler: by hand, so no conditional trigger will fire on its end (G2)."""
        self.start_crawl(scope, request["Name"], BY_HAND)
        return {}

    def start_crawl(self, scope: Scope, name: str, origin: Origin) -> Crawl:
        """Start a crawl (G13).

        Raises:
            CrawlerRunningException: a crawl of this crawler runs.
        """
        with self._lock:
            crawler = self._find(scope, name)
            if crawler.state is not CrawlerState.READY:
                raise CrawlerRunningException(f"Crawler with name {name} has already started")
            crawl = self._executor.start(scope, crawler, origin, self._signals.ended.send)
            self._signals.started.send(scope, crawl)
            return crawl

    def stop(self, scope: Scope, request: "StopCrawlerRequestTypeDef") -> JsonDict:
        """StopCrawler (G13)."""
        with self._lock:
            crawler = self._find(scope, request["Name"])
            if crawler.state is CrawlerState.STOPPING:
                raise CrawlerStoppingException(f"Crawler with name {crawler.name} is already stopping")
            if crawler.current_crawl is None:
                raise CrawlerNotRunningException(f"Crawler with name {crawler.name} isn't running")
            self._executor.stop(crawler.current_crawl)
        return {}

    def stop_crawl(self, crawl: Crawl) -> None:
        """Stop one crawl, if it still runs."""
        self._executor.stop(crawl)

    def metrics(self, scope: Scope, request: "GetCrawlerMetricsRequestTypeDef") -> JsonDict:
        """GetCrawlerMetrics."""
        names = request.get("CrawlerNameList") or sorted(scope.store.crawlers)
        crawlers = [scope.store.crawlers[name] for name in names if name in scope.store.crawlers]
        found, token = page(
            crawlers, request.get("NextToken"), request.get("MaxResults"), key=lambda crawler: crawler.name
        )
        return {"CrawlerMetricsList": [_metrics(crawler, self._clock.now()) for crawler in found], "NextToken": token}

    def list_crawls(self, scope: Scope, request: "ListCrawlsRequestTypeDef") -> JsonDict:
        """ListCrawls, newest first."""
        crawler = self._find(scope, request["CrawlerName"])
        filters = request.get("Filters") or []
        crawls = [crawl for crawl in reversed(crawler.crawls) if crawl_matches(crawl, filters)]
        found, token = page(
            crawls, request.get("NextToken"), request.get("MaxResults"), 20, lambda crawl: crawl.crawl_id
        )
        return {"Crawls": [answers.crawler_history(crawl) for crawl in found], "NextToken": token}

    def update_schedule(self, scope: Scope, request: "UpdateCrawlerScheduleRequestTypeDef") -> JsonDict:
        """UpdateCrawlerSchedule."""
        with self._lock:
            crawler = self._find(scope, request["CrawlerName"])
            self._set_schedule(crawler, request.get("Schedule"))
            self._touch(crawler)
        return {}

    def start_schedule(self, scope: Scope, request: "StartCrawlerScheduleRequestTypeDef") -> JsonDict:
        """StartCrawlerSchedule."""
        with self._lock:
            crawler = self._find(scope, request["CrawlerName"])
            if not crawler.schedule:
                raise NoScheduleException(f"There is no schedule for crawler {crawler.name}")
            if crawler.is_scheduled:
                raise SchedulerRunningException(f"The schedule of crawler {crawler.name} is already running")
            self._set_schedule(crawler, crawler.schedule)
        return {}

    def stop_schedule(self, scope: Scope, request: "StopCrawlerScheduleRequestTypeDef") -> JsonDict:
        """StopCrawlerSchedule."""
        with self._lock:
            crawler = self._find(scope, request["CrawlerName"])
            if not crawler.is_scheduled:
                raise SchedulerNotRunningException(f"The schedule of crawler {crawler.name} is not running")
            crawler.is_scheduled = False
        self._schedules_changed.set()
        return {}

    def _describe(self, crawler: Crawler) -> JsonDict:
        current = crawler.current_crawl
        elapsed = self._clock.now() - current.started_on if current else None
        return answers.crawler(crawler, int(elapsed.total_seconds() * 1000) if elapsed else 0)

    def _set_schedule(self, crawler: Crawler, expression: str | None) -> None:
        """Set or clear (empty string) a schedule; it counts from now."""
        if expression:
            try:
                Cron.parse(expression)
            except CronError as error:
                raise InvalidInputException(str(error)) from error
        crawler.schedule = expression or None
        crawler.is_scheduled = bool(expression)
        crawler.scheduled_since = self._clock.now()
        self._schedules_changed.set()

    def _touch(self, crawler: Crawler) -> None:
        crawler.updated_on = self._clock.now()
        crawler.version += 1

    def _find(self, scope: Scope, name: str) -> Crawler:
        if name not in scope.store.crawlers:
            raise EntityNotFoundException(f"Crawler entry with name {name} does not exist")
        return scope.store.crawlers[name]

    def _find_idle(self, scope: Scope, name: str) -> Crawler:
        crawler = self._find(scope, name)
        if crawler.state is not CrawlerState.READY:
            raise CrawlerRunningException(f"Crawler with name {name} is currently running")
        return crawler


def _definition(request: "CreateCrawlerRequestTypeDef | UpdateCrawlerRequestTypeDef") -> JsonDict:
    """Pick the members that are stored as they are."""
    return {
        key: value for key, value in request.items() if key not in ("Name", "Schedule", "Tags") and value is not None
    }


def _metrics(crawler: Crawler, now: datetime) -> JsonDict:
    """CrawlerMetrics: how long it takes is estimated from earlier crawls, the counts are the last one's."""
    ended = [crawl for crawl in crawler.crawls if not crawl.is_running]
    last, current = (ended[-1] if ended else None), crawler.current_crawl
    median_s = statistics.median(crawl.runtime_s for crawl in ended) if ended else 0.0
    left_s = max(0.0, median_s - (now - current.started_on).total_seconds()) if current and ended else 0.0
    return {
        "CrawlerName": crawler.name,
        "TimeLeftSeconds": left_s,
        "StillEstimating": current is not None and last is None,
        "LastRuntimeSeconds": last.runtime_s if last else 0.0,
        "MedianRuntimeSeconds": median_s,
        "TablesCreated": last.tables_created if last else 0,
        "TablesUpdated": last.tables_updated if last else 0,
        "TablesDeleted": last.tables_deleted if last else 0,
    }
