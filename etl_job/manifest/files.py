"""Write a run's manifest, ``runs/<dataset>/<run_id>.json``, at its end, and read the last one at its start."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from etl_job.errors import ManifestError
from etl_job.failure_reasons import failure_cause
from etl_job.lake.files import ObjectStore
from etl_job.lake.paths import LakePaths
from etl_job.manifest.model import PublishedDelivery, RunManifest


@dataclass(frozen=True, slots=True)
class LastRun:
    """The published deliveries and their snapshot, from the newest manifest of a successful run.

    ``curated_snapshot_id`` is None before the first such run, and in manifests of versions that did not record it.
    """

    published: Mapping[str, PublishedDelivery] = field(default_factory=dict)
    curated_snapshot_id: int | None = None


def manifest_uri(lake_root: str, dataset: str, run_id: str) -> str:
    """The URI of a run's manifest."""
    return f"{LakePaths(lake_root, dataset).runs}/{run_id}.json"


def write_manifest(store: ObjectStore, lake_root: str, manifest: RunManifest) -> str:
    """Write the manifest and return its URI.

    The answer may be lost after the manifest was written, so this looks for it after an error.

    Raises:
        ManifestError: the manifest was not written, or it is unknown whether it was.
    """
    uri = manifest_uri(lake_root, manifest.dataset, manifest.run_id)
    content = (manifest.model_dump_json(indent=2) + "\n").encode()
    try:
        store.write(uri, content)
    except (OSError, BotoCoreError, ClientError) as error:
        is_there = _is_there(store, uri, content)
        if not is_there:
            what = f"the record of the run could not be written to {uri}"
            if is_there is None:
                what = f"whether the record of the run was written to {uri} is unknown"
            raise ManifestError(
                f"{what} ({failure_cause(error)}). What the run published stands: run again, and that run finds it and "
                "writes a record"
            ) from error
    return uri


def _is_there(store: ObjectStore, uri: str, content: bytes) -> bool | None:
    """Whether the object has this content; None if that is unknown."""
    try:
        return store.read(uri) == content
    except FileNotFoundError:
        return False
    except (OSError, BotoCoreError, ClientError):
        return None


def read_manifest(store: ObjectStore, lake_root: str, dataset: str, run_id: str) -> RunManifest:
    """The manifest of one run.

    Raises:
        FileNotFoundError: the run has none.
        ValidationError: the file is not a manifest.
    """
    return RunManifest.model_validate_json(store.read(manifest_uri(lake_root, dataset, run_id)))


def read_last_run(store: ObjectStore, lake_root: str, dataset: str) -> LastRun:
    """The published deliveries by the newest manifest of a successful run.

    A manifest that cannot be read counts as a failed run: at worst its deliveries are processed again.
    """
    files = store.list_files(f"{LakePaths(lake_root, dataset).runs}/")
    for file in sorted(files, key=lambda f: (f.modified, f.uri), reverse=True):
        if not file.uri.endswith(".json"):
            continue
        try:
            manifest = RunManifest.model_validate_json(store.read(file.uri))
        except (ValidationError, FileNotFoundError):
            continue
        if manifest.status == "SUCCEEDED":
            return LastRun(manifest.published, manifest.curated_snapshot_id)
    return LastRun()
