"""A bucket and a Glue catalog of moto in this process, behind the proxy: fast enough for thousands of runs."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from moto.backends import get_backend
from moto.moto_api._internal.models import moto_api_backend
from moto.server import create_backend_app

from localstack_glue.faults.calls import signed_service
from localstack_glue.faults.plan import FaultPlan
from quartal.core.aws import AwsConnection

from .names import ACCOUNT, BUCKET, DATABASE, REGION, WORKFLOW
from .proxy import Answer, Backend, FaultProxy, Request, wsgi
from .workflow import Workflow


class MotoLake:
    """The lake, created once and emptied before each run."""

    def __init__(self) -> None:
        self.workflow = Workflow(self.put)
        self.proxy = FaultProxy(self.workflow.before(_comparing_versions(_by_service())))
        self.connection = AwsConnection(REGION, self.proxy.endpoint, "test", "test")
        self._kept: tuple[dict[str, bytes], dict[str, Any]] | None = None
        self.s3, self.glue = self.connection.s3(), self.connection.glue()

    def empty(self) -> None:
        """Start with a new bucket and database, without faults."""
        self.proxy.plan = None
        moto_api_backend.reset()
        get_backend("s3")[ACCOUNT]["aws"].create_bucket(BUCKET, REGION)
        glue = get_backend("glue")[ACCOUNT][REGION]
        glue.create_database(DATABASE, {"Name": DATABASE})
        glue.create_workflow(WORKFLOW, None, None, 1, None)

    def begin_with(self, make: Callable[[MotoLake], None]) -> None:
        """Start with the state that `make` leaves in an empty lake. `make` is called once."""
        if self._kept is None:
            self.empty()
            make(self)
            tables = get_backend("glue")[ACCOUNT][REGION].databases[DATABASE].tables
            self._kept = self.objects(), {name: deepcopy(table.as_dict()) for name, table in tables.items()}
        objects, tables = self._kept
        self.empty()
        for key, content in objects.items():
            self.put(key, content)
        for name, table in tables.items():
            get_backend("glue")[ACCOUNT][REGION].create_table(DATABASE, name, deepcopy(table), ACCOUNT)

    def put(self, key: str, content: bytes) -> None:
        """Store an object, without a call."""
        get_backend("s3")[ACCOUNT]["aws"].put_object(BUCKET, key, content)

    def take(self, key: str) -> None:
        """Delete an object, without a call."""
        get_backend("s3")[ACCOUNT]["aws"].delete_object(BUCKET, key)

    def under(self, plan: FaultPlan | None) -> _Under:
        """Make calls fail by the plan: `with lake.under(plan):`."""
        return _Under(self.proxy, plan)

    def objects(self) -> dict[str, bytes]:
        """All objects in the bucket, without a call."""
        keys = _bucket().keys
        return {name: keys[name].value for name in keys}

    def etags(self) -> dict[str, str]:
        """The ETag of each object, without a call."""
        keys = _bucket().keys
        return {name: keys[name].etag for name in keys}

    def open_uploads(self) -> list[str]:
        """The keys of open multipart uploads."""
        return sorted(upload.key_name for upload in _bucket().multiparts.values())


@dataclass
class _Under:
    proxy: FaultProxy
    plan: FaultPlan | None

    def __enter__(self) -> None:
        self.proxy.plan = self.plan

    def __exit__(self, *_: object) -> None:
        self.proxy.plan = None


def _bucket() -> Any:
    return get_backend("s3")[ACCOUNT]["aws"].buckets[BUCKET]


def _by_service() -> Backend:
    """Dispatch by service directly: moto searches a list of all services, which takes longer than the call."""
    backends = {service: wsgi(create_backend_app(service)) for service in ("s3", "glue", "sts", "logs")}
    return lambda request: backends[signed_service(request.headers) or "s3"](request)


def _comparing_versions(backend: Backend) -> Backend:
    """Refuse UpdateTable with another VersionId than the table's, as AWS does and moto does not."""
    lock = threading.Lock()

    def ask(request: Request) -> Answer:
        if request.headers.get("x-amz-target") != "AWSGlue.UpdateTable":
            return backend(request)
        asked = json.loads(request.body)
        with lock:
            table = get_backend("glue")[ACCOUNT][REGION].get_table(asked["DatabaseName"], asked["TableInput"]["Name"])
            if asked.get("VersionId", table.as_dict()["VersionId"]) != table.as_dict()["VersionId"]:
                body = {"__type": "ConcurrentModificationException", "message": "Update table failed due to concurrent"}
                return Answer(400, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(body).encode())
            return backend(request)

    return ask
