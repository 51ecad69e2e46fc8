"""Reading objects of the LocalStack around: as a request would be answered, under the role's policies."""

from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from localstack.aws import handlers
from localstack.aws.api.s3 import NoSuchKey
from localstack.services.s3.models import S3Bucket, S3Object
from localstack.services.s3.provider import S3Provider
from localstack.services.s3.storage.ephemeral import EphemeralS3ObjectStore

from localstack_glue.hosts.localstack import s3_in_process
from localstack_glue.hosts.localstack.role_check import RoleGuardHandler
from localstack_glue.hosts.localstack.s3_in_process import InProcessReads, in_process_reads
from localstack_glue.hosts.localstack.workflow_targets import WorkflowTargets
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clients import Credentials

SCOPE = Scope("000000000000", "us-east-1")
ROLE = Credentials("AKIAROLE", "secret", "token")


class FakeGuard:
    """Lets a role read everything but what is named secret, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def find_session(self, key: str) -> str | None:
        return "session" if key == ROLE.access_key_id else None

    def check(self, session: str, service: str, operation: str, call: Any, place: Any) -> list[Any]:
        self.asked.append((service, operation, call["Bucket"], call["Key"], place.account_id))
        return [SimpleNamespace(message="User is not authorized")] if call["Key"] == "secret" else []


@pytest.fixture
def handler(tmp_path):
    """LocalStack's own GetObject, over a bucket with one object."""
    provider = object.__new__(S3Provider)
    provider._storage_backend = EphemeralS3ObjectStore(str(tmp_path))
    bucket = S3Bucket("lake", SCOPE.account_id, SCOPE.region, {"ID": "owner"})
    item = S3Object("day=1/a b.csv", etag="e")
    bucket.objects.set(item.key, item)
    provider._storage_backend.create_bucket("lake")
    with provider._storage_backend.open("lake", item, mode="w") as stored:
        stored.write(BytesIO(b"id,brand\n1,Audi\n"))
    store = SimpleNamespace(TAGS=SimpleNamespace(tags={}))
    provider._get_cross_account_bucket = lambda *_args, **_options: (store, bucket)
    return provider.get_object


def test_range_of_an_object_is_read(handler):
    reads = InProcessReads(handler, None, SCOPE, ROLE)

    assert reads.get_object("lake", "day=1/a b.csv", "bytes=0-7")["Body"].read() == b"id,brand"
    assert reads.get_object("lake", "day=1/a b.csv", "bytes=9-99")["Body"].read() == b"1,Audi\n"


def test_whole_object_is_written_to_a_file(handler):
    written = BytesIO()
    InProcessReads(handler, None, SCOPE, ROLE).download_fileobj("lake", "day=1/a b.csv", written)

    assert written.getvalue() == b"id,brand\n1,Audi\n"


def test_missing_object_is_a_client_error(handler):
    with pytest.raises(ClientError) as raised:
        InProcessReads(handler, None, SCOPE, ROLE).get_object("lake", "gone", "bytes=0-7")

    assert raised.value.response["Error"]["Code"] == NoSuchKey.code


def test_reads_are_checked_against_the_roles_policies(handler):
    guard = FakeGuard()
    reads = InProcessReads(handler, guard, SCOPE, ROLE)  # type: ignore[arg-type]

    reads.get_object("lake", "day=1/a b.csv", "bytes=0-7")
    with pytest.raises(ClientError, match=r"AccessDenied.*User is not authorized"):
        reads.get_object("lake", "secret", "bytes=0-7")

    assert guard.asked == [
        ("s3", "GetObject", "lake", "day=1/a b.csv", SCOPE.account_id),
        ("s3", "GetObject", "lake", "secret", SCOPE.account_id),
    ]


def test_body_is_closed_also_when_reading_it_fails():
    closed: list[bool] = []

    class Body:
        def __iter__(self) -> Any:
            raise OSError("disk")

        def close(self) -> None:
            closed.append(True)  # S3 holds a lock on the object until then

    with pytest.raises(OSError, match="disk"):
        InProcessReads(lambda _context, _call: {"Body": Body()}, None, SCOPE, ROLE).get_object("b", "k", "bytes=0-1")

    assert closed == [True]


@pytest.fixture
def service(monkeypatch, handler):
    """LocalStack's S3 service, and no handler before it but those of LocalStack and ours."""
    found = SimpleNamespace(_provider=handler.__self__, skeleton=SimpleNamespace(dispatch_table={"GetObject": handler}))
    monkeypatch.setattr("localstack.services.plugins.SERVICE_PLUGINS", SimpleNamespace(require=lambda _name: found))
    own = [RoleGuardHandler(None), WorkflowTargets(lambda: None), handlers.parse_service_request]  # type: ignore
    monkeypatch.setattr(handlers.serve_custom_service_request_handlers, "handlers", own)
    return found


def test_objects_are_read_in_process_where_a_request_would_be_answered_alike(service):
    assert isinstance(in_process_reads(None, SCOPE, ROLE), InProcessReads)


def test_requests_go_over_the_network_if_other_handlers_are_registered(service):
    handlers.serve_custom_service_request_handlers.handlers.append(lambda *_: None)

    assert in_process_reads(None, SCOPE, ROLE) is None


def test_requests_go_over_the_network_to_another_s3(service):
    service._provider = object()

    assert in_process_reads(None, SCOPE, ROLE) is None


def test_module_names_what_is_known():
    assert s3_in_process._is_known(RoleGuardHandler(None))  # type: ignore[arg-type]
    assert not s3_in_process._is_known(FakeGuard().check)
