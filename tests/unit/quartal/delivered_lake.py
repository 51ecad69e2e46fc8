"""A lake with deliveries, a catalog and manifests of runs, for tests to fill in moto's S3 and Glue."""

from __future__ import annotations

import json
from typing import Any

from quartal.core.aws import AwsConnection
from quartal.terraform.outputs import Deployment
from tests.unit.quartal.manifest_examples import empty_manifest

CONNECTION = AwsConnection("eu-central-1", None, "test", "test")
DEPLOYMENT = Deployment("eu-central-1", "lake", "feed", "raw/feed/", "db", "crawler", "job", "workflow", "", {})


class Lake:
    """A bucket with deliveries, a catalog and manifests of runs."""

    def __init__(self) -> None:
        self.s3, self.glue = CONNECTION.s3(), CONNECTION.glue()
        self.s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        self.glue.create_database(DatabaseInput={"Name": "db"})

    def put(self, path: str, body: bytes = b"x") -> dict[str, Any]:
        """A raw file, as a run records it."""
        etag = self.s3.put_object(Bucket="lake", Key=f"raw/feed/{path}", Body=body)["ETag"].strip('"')
        return {"uri": f"s3://lake/raw/feed/{path}", "size_bytes": len(body), "etag": etag}

    def catalogue(self, *deliveries: str) -> None:
        self.glue.create_table(DatabaseName="db", TableInput={"Name": "feed", "PartitionKeys": [{"Name": "delivery"}]})
        for name in deliveries:
            values = {"Values": [name], "StorageDescriptor": {"Location": f"s3://lake/raw/feed/delivery={name}/"}}
            self.glue.create_partition(DatabaseName="db", TableName="feed", PartitionInput=values)

    def publish(
        self,
        run_id: str,
        published: dict[str, Any],
        status: str = "SUCCEEDED",
        day: int | None = None,
        snapshot: int | None = None,
    ) -> None:
        manifest = empty_manifest() | {
            "manifest_version": 1,
            "run_id": run_id,
            "started_at": f"2026-01-0{day or run_id[-1]}T03:00:00.000000Z",
            "status": status,
            "curated_snapshot_id": snapshot,
            "published": {
                name: {"run_id": run_id, "contract_hash": "c", "withdrawn": False} | state
                for name, state in published.items()
            },
        }
        self.s3.put_object(Bucket="lake", Key=f"runs/feed/{run_id}.json", Body=json.dumps(manifest))

    def commit(self, snapshot: int) -> None:
        """Make the curated table, at a snapshot."""
        self.s3.put_object(Bucket="lake", Key="curated/m.json", Body=json.dumps({"current-snapshot-id": snapshot}))
        parameters = {"metadata_location": "s3://lake/curated/m.json"}
        self.glue.create_table(DatabaseName="db", TableInput={"Name": "feed_curated", "Parameters": parameters})
