"""A lake for one run of the job: a folder or a bucket, and its tables in the Glue catalog of a LocalStack."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from quartal.core.aws import AwsConnection
from quartal.features.query import iceberg_catalog

DATASET = "vehicle_sightings"
COLUMNS = ("sighting_id", "brand", "date", "time")


@dataclass(frozen=True, slots=True)
class Lake:
    """``root`` is what ``--lake_bucket`` names."""

    connection: AwsConnection
    root: str
    database: str

    def add_deliveries(self, locations: dict[str, str]) -> None:
        """Catalogue deliveries (name to location) as the crawler would."""
        glue, storage = self.connection.glue(), self._storage
        for name, location in locations.items():
            partition: Any = {"Values": [name], "StorageDescriptor": {**storage, "Location": location}}
            glue.create_partition(DatabaseName=self.database, TableName=DATASET, PartitionInput=partition)

    @property
    def _storage(self) -> dict[str, Any]:
        return {"Columns": [{"Name": name, "Type": "string"} for name in COLUMNS]}

    def create_raw_table(self) -> None:
        """The table that the crawler finds first."""
        glue = self.connection.glue()
        glue.create_database(DatabaseInput={"Name": self.database})
        table: Any = {
            "Name": DATASET,
            "StorageDescriptor": {**self._storage, "Location": f"{self.root}/raw/{DATASET}/"},
            "PartitionKeys": [{"Name": "delivery", "Type": "string"}],
        }
        glue.create_table(DatabaseName=self.database, TableInput=table)

    def features(self) -> pa.Table:
        """The rows that a reader of the features table sees now."""
        return iceberg_catalog(self.connection).load_table((self.database, f"{DATASET}_features")).scan().to_arrow()

    def manifest(self, run_id: str) -> dict[str, Any]:
        """What the job recorded of a run."""
        key = f"runs/{DATASET}/{run_id}.json"
        if self.root.startswith("s3://"):
            body = self.connection.s3().get_object(Bucket=self.root.removeprefix("s3://"), Key=key)["Body"].read()
        else:
            body = (Path(self.root.removeprefix("file://")) / key).read_bytes()
        manifest: dict[str, Any] = json.loads(body)
        return manifest

    def remove(self) -> None:
        """Delete its files, objects and tables."""
        if self.root.startswith("s3://"):
            _empty(self.connection.s3(), self.root.removeprefix("s3://"))
        else:
            shutil.rmtree(self.root.removeprefix("file://"), ignore_errors=True)
        self.connection.glue().delete_database(Name=self.database)


def local_lake(connection: AwsConnection, scratch: Path) -> Lake:
    """A lake in a new folder."""
    name = f"lake_{uuid.uuid4().hex[:8]}"
    lake = Lake(connection, f"file://{scratch / name}", name)
    lake.create_raw_table()
    return lake


def s3_lake(connection: AwsConnection) -> Lake:
    """A lake in a new bucket."""
    name = f"lake-{uuid.uuid4().hex[:8]}"
    connection.s3().create_bucket(
        Bucket=name,
        CreateBucketConfiguration={"LocationConstraint": connection.region},  # type: ignore[typeddict-item]
    )
    lake = Lake(connection, f"s3://{name}", name.replace("-", "_"))
    lake.create_raw_table()
    return lake


def deliveries_in(folder: Path) -> dict[str, str]:
    """Name to location of the deliveries below a local folder."""
    return {path.name.partition("=")[2]: f"file://{path}" for path in sorted(folder.glob("delivery=*"))}


def upload(connection: AwsConnection, bucket: str, files: Iterable[Path], prefix: str) -> None:
    """Put files below a prefix, keeping the name of the folder that each lies in."""
    s3 = connection.s3()
    for file in files:
        s3.upload_file(str(file), bucket, f"{prefix}/{file.parent.name}/{file.name}")


def _empty(s3: Any, bucket: str) -> None:
    # page by page from the start: LocalStack's later pages miss keys that hold "="
    while found := s3.list_objects_v2(Bucket=bucket).get("Contents"):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": entry["Key"]} for entry in found]})
    s3.delete_bucket(Bucket=bucket)
