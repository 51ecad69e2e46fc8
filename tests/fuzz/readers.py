"""The readers of external documents. Each gets bytes, and either accepts them or raises one clear error."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import strategies as st

from etl_job.deliveries import upload_records
from etl_job.deliveries.delivered import find_deliveries
from etl_job.errors import QuartalJobError
from etl_job.lake.files import StoredFile
from etl_job.manifest.files import read_last_run
from plan_review.errors import ReviewError
from plan_review.parse import parse_plan
from plan_review.policy_report import not_run
from plan_review.render_json import as_data
from plan_review.render_markdown import render_markdown
from plan_review.render_text import render_text
from plan_review.review import Basis, review
from plan_review.rules import load_rules
from plan_review.usage import load_usage
from quartal.core.console import Console
from quartal.core.errors import QuartalError
from quartal.core.settings import Settings
from quartal.deliver.ingest.record import RecordStore
from quartal.deliver.upload.delivery_manifest import ManifestStore
from quartal.local.local_aws.server import running_server
from quartal.runs.manifests import parse_manifest
from quartal.runs.outcome import show_manifest
from quartal.terraform.events import parse_event
from quartal.terraform.retained_data import state_resources
from quartal.terraform.saved_plan import read_record
from quartal.terraform.working_copy import StagedRoot
from tests.unit.quartal.manifest_examples import empty_manifest

from .documents import VALUES, nearly

TOLD = (QuartalError, QuartalJobError, ReviewError)
ROOT = Path(__file__).parents[2]
_INPUT = {"uri": "s3://lake/raw/feed/delivery=a/x.csv", "size_bytes": 3, "etag": '"e"'}
_COUNTS = {
    "delivery": "a",
    "inputs": [_INPUT],
    "rows_in": 3,
    "kept": 1,
    "quarantined": 1,
    "duplicates": 1,
    "conflicts": 0,
    "violations": {"rule": 1},
    "first_day": "2024-01-01",
    "last_day": None,
    "warned": 1,
    "warnings": {"rule": 1},
}
_TABLE = {
    "table": "lake.t",
    "location": "s3://lake/t",
    "snapshot_id": 1,
    "files": 1,
    "partitions": ["a"],
    "tags": ["2024Q1"],
}
RUN_MANIFEST = empty_manifest(
    totals={"rows_in": 3, "kept": 1, "quarantined": 1, "duplicates": 1, "conflicts": 0, "warned": 0},
    deliveries=[_COUNTS],
    stages=[{"stage": "read", "seconds": 1.5}],
    curated=_TABLE,
    features=_TABLE,
    published_anything=True,
    contract={"source": "s", "version": "1", "hash": "h"},
    published={"a": {"run_id": "wr_1", "contract_hash": "h", "inputs": [_INPUT], "withdrawn": False}},
    curated_snapshot_id=1,
)
_FILE = {"size_bytes": 3, "etag": '"e"', "crc64nvme": "c", "source_crc64nvme": "c", "upload": "u"}
DELIVERY_MANIFEST = {
    "version": 1,
    "delivery": "a",
    "uploads": [{"upload": "u", "at": "2024-01-01T00:00:00Z", "by": "arn"}],
    "files": {"raw/feed/delivery=a/x.csv": _FILE},
}
INGEST_RECORD = {
    "version": 1,
    "source": {
        "database": "d",
        "reads": "t",
        "key": ["id"],
        "chunk_rows": 10,
        "gzip": True,
        "format": "csv",
        "trims": False,
    },
    "bounds": [[["int", "1"]]],
    "chunks": [{"number": 0, "rows": 1}],
}
PLANS = ROOT / "tests" / "unit" / "plan_review" / "plans"
PLAN = json.loads((PLANS / "access.json").read_text("utf-8"))
SERVER = {"pid": 1, "created": 1.0, "port": 4566, "folder": "/tmp/x"}
EVENT = {
    "type": "diagnostic",
    "diagnostic": {
        "severity": "error",
        "summary": "s",
        "detail": "d",
        "address": "a.b",
        "range": {"filename": "f", "start": {"line": 1}},
    },
    "hook": {"resource": {"addr": "a.b"}, "action": "create", "elapsed_seconds": 1},
}
STATE = {
    "values": {
        "root_module": {
            "resources": [{"address": "a.b", "mode": "managed", "type": "a", "depends_on": ["c.d"]}],
            "child_modules": [],
        }
    }
}
REVIEW_RECORD = {
    "plan_sha256": "p",
    "configuration_sha256": "c",
    "made_at": "m",
    "summary": "s",
    "decision": "d",
    "approval": None,
    "is_destroy": False,
    "reasons": ["r"],
    "account": None,
    "region": None,
}


class _NoSuchKeyError(Exception):
    """S3's own error of this name."""


class _S3:
    """An S3 with one object for every key."""

    exceptions = SimpleNamespace(NoSuchKey=_NoSuchKeyError)

    def __init__(self, content: bytes) -> None:
        self._content = content

    def get_object(self, **_: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self._content), "ETag": '"e"', "Metadata": {}}


class _Store:
    """A lake of the job with these files, all of one content."""

    def __init__(self, content: bytes, *uris: str) -> None:
        self._content, self._uris = content, uris

    def list_files(self, prefix: str) -> tuple[StoredFile, ...]:
        return tuple(StoredFile(uri, len(self._content), '"e"', 1.0) for uri in self._uris if uri.startswith(prefix))

    def read(self, _uri: str) -> bytes:
        return self._content


def run_manifest(content: bytes) -> None:
    """The run manifest for `quartal explain` and `quartal history`."""
    console = Console(as_json=False)
    with console_into_nothing(console):
        show_manifest(console, parse_manifest(content, "s3://lake/runs/feed/wr_1.json"))


def run_manifest_in_the_job(content: bytes) -> None:
    """The run manifest in the job: an unreadable one counts as a failed run and never stops the next one."""
    read_last_run(cast(Any, _Store(content, "s3://lake/runs/feed/wr_1.json")), "s3://lake", "feed")


def delivery_manifest(content: bytes) -> None:
    """The delivery manifest in `quartal upload`, which reads and rewrites that of an earlier upload."""
    found = ManifestStore(cast(Any, _S3(content)), "lake", "deliveries/feed/").read("a")
    json.dumps(found.as_json("a"))


def delivery_manifest_in_the_job(content: bytes) -> None:
    """The delivery manifest in the job, which needs only its keys."""
    upload_records._read(cast(Any, _Store(content)), "s3://lake/deliveries/feed/a.json")


def ingest_record(content: bytes) -> None:
    """The ingest record, as `quartal ingest` reads that of an earlier attempt."""
    RecordStore(cast(Any, _S3(content)), "lake", "deliveries/feed/a/t.json").read()


def plan(content: bytes) -> None:
    """A plan, with everything that its review shows."""
    made = review(parse_plan(_json(content)), _BASIS)
    render_text(made)
    render_markdown(made)
    json.dumps(as_data(made))
    from plan_review.render_html import render_page

    render_page(made)


def terraform_event(content: bytes) -> None:
    """A line of Terraform's JSON output."""
    event = parse_event(content.decode("utf-8", "replace"))
    if event is not None and event.diagnostic is not None:
        event.diagnostic.lines()


def terraform_state(content: bytes) -> None:
    """The output of `terraform show -json`. Its form is trusted, but not its values."""
    state_resources(_json(content))


def local_stack_record(content: bytes, folder: Path) -> None:
    """The record of a LocalStack that an earlier command started."""
    settings = replace(Settings.from_env({}, environment="localstack", cwd=ROOT), state_dir=folder)
    (folder / "localstack").mkdir(exist_ok=True)
    (folder / "localstack" / "server.json").write_bytes(content)
    running_server(settings)


def review_record(content: bytes, folder: Path) -> None:
    """The record of the plan that waits to be applied."""
    staged = StagedRoot(folder, "dev.tfvars", (), folder / "a.tfplan")
    staged.plan_file.touch()
    from quartal.terraform.saved_plan import record_file

    record_file(staged).write_bytes(content)
    read_record(staged)


KEYS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30).map(
        lambda text: text.replace("//", "/").lstrip("/") or "x"
    )
    | st.sampled_from(
        [
            "delivery=a/x.csv",
            "delivery=a/_x.csv",
            "delivery=a/.x",
            "delivery=a/year=2024/x.csv",
            "delivery=/x.csv",
            "delivery=a%2Fb/x.csv",
            "delivery=a/\u2028.csv",
            "delivery=a\n/x.csv",
            "delivery=a/b=c=d/x",
            "x.csv",
            "delivery=a",
            "delivery=a/ /x",
            "Delivery=a/x.csv",
            "delivery=__HIVE_DEFAULT_PARTITION__/x.csv",
            "delivery=a/x.csv/",
        ]
    ),
    min_size=1,
    max_size=6,
    unique=True,
)


def raw_keys(keys: list[str]) -> None:
    """Keys below the raw folder: each file must be part of one delivery or be reported as left out."""
    uris = [f"s3://lake/raw/feed/{key}" for key in keys]
    delivered = find_deliveries(cast(Any, _Store(b"x", *uris)), "s3://lake", "feed", None)
    taken = [file.uri for delivery in delivered.deliveries for file in delivery.files]
    told = [file.uri for file in delivered.left_out]
    assert sorted(taken + told) == sorted(uris), (keys, taken, told)


Reader = Callable[[bytes], None]
OF_DOCUMENTS: dict[str, tuple[Reader, Any]] = {
    "run manifest": (run_manifest, RUN_MANIFEST),
    "run manifest in the job": (run_manifest_in_the_job, RUN_MANIFEST),
    "delivery manifest": (delivery_manifest, DELIVERY_MANIFEST),
    "delivery manifest in the job": (delivery_manifest_in_the_job, DELIVERY_MANIFEST),
    "ingest record": (ingest_record, INGEST_RECORD),
    "plan": (plan, PLAN),
    "Terraform's progress": (terraform_event, EVENT),
}
OF_FILES: dict[str, tuple[Callable[[bytes, Path], None], Any]] = {
    "LocalStack's record": (local_stack_record, SERVER),
    "review record": (review_record, REVIEW_RECORD),
}
_BASIS = Basis(
    environment="dev",
    rules=load_rules(),
    prices=None,
    usage=load_usage(),
    policies=not_run("nobody asks here"),
    now=datetime(2026, 1, 1, tzinfo=UTC),
)


def documents(of: Any) -> st.SearchStrategy[bytes]:
    """Bytes that are almost such a document, or any bytes."""
    return st.one_of(nearly(of), nearly(of), nearly(of), st.binary(max_size=50), VALUES.map(_bytes))


def _bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


def _json(content: bytes) -> Any:
    """Parse JSON; `{}` for invalid JSON, which Terraform never prints."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return {}


def console_into_nothing(console: Console) -> Any:
    """Discard the results."""
    import contextlib

    from rich.console import Console as RichConsole

    console._out = console._err = RichConsole(file=io.StringIO(), width=200)
    return contextlib.nullcontext()
