"""Runs a crawl from its start to its end, in its own thread."""

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from typing import Any

from botocore.credentials import Credentials as BotocoreCredentials
from botocore.exceptions import BotoCoreError, ClientError

from localstack_glue.crawlers.classifiers import crawl_classifiers
from localstack_glue.crawlers.crawling.catalog_tables import CatalogChanges
from localstack_glue.crawlers.crawling.crawl import READERS, CrawlCancelled, CrawlRequest, crawl
from localstack_glue.crawlers.crawling.object_reads import ObjectReads
from localstack_glue.crawlers.unsupported_settings import settings_without_effect
from localstack_glue.iam.guard import RoleGuard, RoleNotAssumableError
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clients import ClientFactory, Credentials
from localstack_glue.service.clock import Clock
from localstack_glue.service.log_groups import crawler_log_group, encrypts_logs, logs_key
from localstack_glue.service.log_stream import LogStream
from localstack_glue.service.models import Crawl, Crawler, CrawlState, Origin

LOG = logging.getLogger(__name__)
SHUTDOWN_GRACE_S = 5.0
Ended = Callable[[Scope, Crawl], None]
# reads of the host's own S3 without a request, for a role; None where a request has to be made
ReadInProcess = Callable[[RoleGuard | None, Scope, Credentials], Any]
_Outcome = tuple[CrawlState, str | None, CatalogChanges]


def requests_only(_guard: RoleGuard | None, _scope: Scope, _credentials: Credentials) -> None:
    """For a host whose S3 is accessed only by requests."""


class CrawlExecutor:
    """Runs crawls, each on a thread."""

    def __init__(
        self,
        clock: Clock,
        lock: threading.RLock,
        clients: ClientFactory,
        read_in_process: ReadInProcess,
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._clients = clients
        self._read_in_process = read_in_process
        self._threads: dict[str, threading.Thread] = {}
        self._cancelled: set[str] = set()
        self._is_closed = False

    @property
    def running_ids(self) -> list[str]:
        """The ids of the crawls that run now."""
        with self._lock:
            return list(self._threads)

    def start(self, scope: Scope, crawler: Crawler, origin: Origin, ended: Ended) -> Crawl:
        """Begin a crawl; `ended` is called once, under the lock in which its final state is set."""
        with self._lock:
            is_encrypted = encrypts_logs(scope, crawler.definition.get("CrawlerSecurityConfiguration"))
            group = crawler_log_group(crawler.definition, is_encrypted=is_encrypted)
            record = Crawl(str(uuid.uuid4()), crawler.name, origin, self._clock.now(), log_group=group)
            crawler.crawls.append(record)
            definition = dict(crawler.definition)
            thread = threading.Thread(
                target=self._run,
                args=(scope, definition, record, ended),
                name=f"glue-crawl-{crawler.name}",
                daemon=True,
            )
            self._threads[record.crawl_id] = thread
            thread.start()
            return record

    def stop(self, record: Crawl) -> None:
        """Begin to end a crawl; its thread sets the final state."""
        with self._lock:
            if record.state is CrawlState.RUNNING and not record.is_writing:
                record.state = CrawlState.CANCELLING
                self._cancelled.add(record.crawl_id)

    def close(self) -> None:
        """End all crawls, without events."""
        self._is_closed = True
        self.drain()

    def drain(self) -> None:
        """End all crawls of now and wait for their threads."""
        with self._lock:
            threads = dict(self._threads)
            self._cancelled |= set(threads)
        deadline = time.monotonic() + SHUTDOWN_GRACE_S
        for thread in threads.values():
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self, scope: Scope, definition: dict[str, object], record: Crawl, ended: Ended) -> None:
        started = time.monotonic()
        try:
            credentials = self._clients.assume_role(scope, str(definition["Role"]), "AWS-Crawler")
        except (BotoCoreError, ClientError, RoleNotAssumableError) as failure:  # without the role there is no log
            outcome: _Outcome = (CrawlState.FAILED, str(failure), CatalogChanges())
        else:
            outcome = self._crawl_logged(scope, definition, record, credentials)
        state, error, changes = outcome
        with self._lock:
            record.state, record.error_message, record.is_writing = state, error, False
            record.ended_on, record.runtime_s = self._clock.now(), time.monotonic() - started
            _count(record, changes)
            self._threads.pop(record.crawl_id, None)
            self._cancelled.discard(record.crawl_id)
            LOG.info("crawl of %s: %s %s", record.crawler_name, state, error or "")
            if not self._is_closed:  # what follows from the end is one step with it
                ended(scope, record)

    def _crawl_logged(
        self, scope: Scope, definition: dict[str, object], record: Crawl, credentials: Credentials
    ) -> _Outcome:
        """Crawl, and write the progress to the log, also as the role."""
        key = logs_key(scope, str(definition.get("CrawlerSecurityConfiguration") or ""))
        with closing(self._clients.with_credentials("logs", scope, credentials)) as logs:
            log = LogStream(logs, record.log_group, record.crawler_name, key)

            def write(line: str) -> None:
                log.write(f"[{record.crawl_id}] {line}")

            write(f"BENCHMARK : Running Start Crawl for Crawler {record.crawler_name}")
            for remark in settings_without_effect(definition):
                write(f"WARN : {remark}")
            outcome = self._crawl(scope, definition, record, credentials, write)
            if outcome[1]:
                write(f"ERROR : {outcome[1]}")
            write("BENCHMARK : Crawler has finished running and is in state READY")
            if not self._is_closed:
                log.flush()
            return outcome

    def _reads(self, scope: Scope, credentials: Credentials) -> Any:
        in_process = self._read_in_process(self._clients.guard, scope, credentials)
        if in_process is not None:
            return in_process
        keys = BotocoreCredentials(credentials.access_key_id, credentials.secret_access_key, credentials.session_token)
        return ObjectReads(self._clients.endpoint_url, scope.region, keys, READERS)

    def _crawl(
        self,
        scope: Scope,
        definition: dict[str, object],
        record: Crawl,
        credentials: Credentials,
        write: Callable[[str], None],
    ) -> _Outcome:
        def begin() -> None:
            with self._lock:  # from here on it cannot be stopped (G13)
                if record.crawl_id in self._cancelled:
                    raise CrawlCancelled
                record.is_writing = True

        try:
            names = definition.get("Classifiers") or []
            classifiers = crawl_classifiers(scope, names if isinstance(names, list) else [])
            request = CrawlRequest.from_definition(record.crawler_name, definition, classifiers)
            with (
                closing(self._clients.with_credentials("s3", scope, credentials)) as s3,
                closing(self._clients.with_credentials("glue", scope, credentials)) as glue,
                closing(self._reads(scope, credentials)) as reads,
            ):
                changes = crawl(request, s3, glue, write, lambda: record.crawl_id in self._cancelled, reads, begin)
        except CrawlCancelled:
            return CrawlState.CANCELLED, None, CatalogChanges()
        except (BotoCoreError, ClientError, ValueError) as error:
            return CrawlState.FAILED, str(error), CatalogChanges()
        except Exception as error:  # an error in this service must not leave the crawler RUNNING forever
            LOG.exception("internal error in the crawl of %s", record.crawler_name)
            return CrawlState.FAILED, f"Internal Service Exception: {error}", CatalogChanges()
        return CrawlState.SUCCEEDED, None, changes


def _count(record: Crawl, changes: CatalogChanges) -> None:
    record.tables_created = changes.tables_created
    record.tables_updated = changes.tables_updated
    record.tables_deleted = changes.tables_deleted
    record.summary = json.dumps(
        {
            "TABLE": {
                "ADD": changes.tables_created,
                "UPDATE": changes.tables_updated,
                "DELETE": changes.tables_deleted,
            },
            "PARTITION": {
                "ADD": changes.partitions_created,
                "UPDATE": changes.partitions_updated,
                "DELETE": changes.partitions_deleted,
            },
        }
    )
