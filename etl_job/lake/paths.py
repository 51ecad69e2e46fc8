"""The folders of the lake that a run reads and writes: the only module that names them.

The role of the job may touch these and no others (infra/modules/glue-job/iam.tf); tests/terraform/test_roles.py holds
the two against each other.
"""

import uuid

from etl_job.lake.files import ObjectStore


class LakePaths:
    """The folders of one dataset below the lake's root, without a slash at their end.

    A run never changes ``only_read``; it writes to and deletes from ``written``.
    """

    def __init__(self, lake_root: str, dataset: str) -> None:
        def of(zone: str) -> str:
            return f"{lake_root}/{zone}/{dataset}"

        self.raw = of("raw")  # deliveries, as they were uploaded
        self.uploads = of("deliveries")  # the records of what was uploaded, a delivery each
        self.code = of("code")  # deployed files, such as the contract
        self.curated = of("curated")  # the table, with the rows that a run stages and the key registers
        self.features = of("features")  # the table
        self.quarantine = of("quarantine")  # bad rows of published deliveries
        self.failed_quarantine = f"{self.quarantine}.failed"  # those that stopped a run: apart, as people count these
        self.exports = of("exports")  # the features as CSV
        self.runs = of("runs")  # the manifests of runs
        self.temporary = of("tmp")  # what Glue itself keeps during a run (``--TempDir``)
        self.only_read = (self.code, self.raw, self.uploads)
        tables, bad_rows = (self.curated, self.features), (self.quarantine, self.failed_quarantine)
        self.written = (*tables, *bad_rows, self.exports, self.runs, self.temporary)


def own_folder(parent: str, run_id: str) -> str:
    """A folder that no other run writes to, nor another attempt of the same run."""
    return f"{parent}/{run_id}-{uuid.uuid4().hex[:8]}"


def partition_folder(column: str, value: str) -> str:
    """A partition's folder as Spark names it: characters that mean something in paths are written ``%XX``."""
    escaped = "".join(f"%{ord(c):02X}" if ord(c) < 32 or c in "\"#%'*/:=?\\\x7f{[]^" else c for c in value)
    return f"{column}={escaped}"


def parquet_files(store: ObjectStore, folder: str) -> tuple[str, ...]:
    """The Parquet files below a folder."""
    return tuple(file.uri for file in store.list_files(f"{folder}/") if file.uri.endswith(".parquet"))
