"""A CloudWatch Logs stream that is written while something runs."""

import logging
import threading
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

LOG = logging.getLogger(__name__)
MAX_EVENTS = 1000
MAX_EVENT_CHARS = 16_000
MAX_STREAM_CHARS = 16 * 1024 * 1024  # hosts keep logs in memory: a script that floods must not fill it


class LogStream:
    """Collects lines from any thread; `flush` sends them. Losing the log never harms the run."""

    def __init__(self, logs: Any, group: str, stream: str, kms_key_arn: str | None = None) -> None:
        self._logs = logs
        self._kms_key_arn = kms_key_arn
        self._group = group
        self._stream = stream
        self._pending: list[tuple[int, str]] = []
        self._written_chars = 0
        self._lock = threading.Lock()
        self._send_lock = threading.Lock()
        self._is_created = False

    def write(self, text: str) -> None:
        """Take one event."""
        # the machine's time on purpose: CloudWatch Logs refuses events far from now
        now_ms = int(time.time() * 1000)
        with self._lock:
            if self._written_chars > MAX_STREAM_CHARS:
                return
            self._written_chars += len(text)
            if self._written_chars > MAX_STREAM_CHARS:
                text = f"[glue-local: the log is longer than {MAX_STREAM_CHARS} characters; the rest was dropped]"
            self._pending.append((now_ms, text[:MAX_EVENT_CHARS] or " "))

    def flush(self) -> None:
        """Send the collected lines."""
        with self._send_lock:
            while True:
                with self._lock:
                    batch, self._pending = self._pending[:MAX_EVENTS], self._pending[MAX_EVENTS:]
                if not batch and self._is_created:
                    return
                try:
                    self._create_once()
                    if batch:
                        self._logs.put_log_events(
                            logGroupName=self._group,
                            logStreamName=self._stream,
                            logEvents=[{"timestamp": when, "message": text} for when, text in batch],
                        )
                except (BotoCoreError, ClientError) as error:
                    LOG.warning("could not write to %s/%s: %s", self._group, self._stream, error)
                    return

    def _create_once(self) -> None:
        if self._is_created:
            return
        group, key = {"logGroupName": self._group}, {"kmsKeyId": self._kms_key_arn} if self._kms_key_arn else {}
        steps = [
            (self._logs.create_log_group, group | key),
            (self._logs.create_log_stream, group | {"logStreamName": self._stream}),
        ]
        if key:
            # as Glue does; LocalStack's logs do not know this call, so the group got its key when it was made
            steps.insert(1, (self._logs.associate_kms_key, group | key))
        for step, names in steps:
            try:
                step(**names)
            except self._logs.exceptions.ResourceAlreadyExistsException:
                continue
            except ClientError as error:
                if not key and error.response["Error"]["Code"] != "AccessDeniedException":
                    raise
                LOG.info("%s", error)  # what is needed may be there already
        self._is_created = True
