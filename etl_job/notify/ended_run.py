"""The outcome of a run that has ended: its manifest, and findings from it and from earlier manifests."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from etl_job.arguments import JobArguments
from etl_job.findings.model import Facts, Finding
from etl_job.findings.rules import findings_in
from etl_job.findings.run_facts import collect_facts
from etl_job.lake.files import ObjectStore
from etl_job.manifest.files import read_manifest
from etl_job.manifest.model import RunManifest

_EARLIER_RUNS = 40  # at most, as `quartal status` looks back; each manifest names all deliveries
_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A run that has ended.

    ``uri`` is its manifest's, empty if the manifest could not be written. ``options`` are those that a command needs
    for this environment and feed.
    """

    manifest: RunManifest
    uri: str
    facts: Facts
    findings: tuple[Finding, ...]
    options: tuple[str, ...] = ()


def read_ended_run(store: ObjectStore, arguments: JobArguments, manifest: RunManifest, uri: str) -> EndedRun:
    """Read the earlier runs and derive the findings. An earlier run that cannot be read is skipped."""
    earlier: dict[str, RunManifest] = {}
    if uri:  # else the lake does not answer
        with suppress(Exception):  # the run has ended, and its outcome must be heard
            earlier = _earlier(store, arguments, manifest)
    facts = collect_facts(manifest, earlier, arguments.quarantine_share_limit)
    return EndedRun(manifest, uri, facts, findings_in(facts), arguments.naming_options)


def _earlier(store: ObjectStore, arguments: JobArguments, manifest: RunManifest) -> dict[str, RunManifest]:
    """The manifests of the runs that published what is published, those of the last names first."""
    states = (state for _, state in sorted(manifest.published.items(), reverse=True) if not state.withdrawn)
    run_ids = list(dict.fromkeys(state.run_id for state in states if state.run_id != manifest.run_id))[:_EARLIER_RUNS]

    def read(run_id: str) -> RunManifest | None:
        with suppress(Exception):
            return read_manifest(store, arguments.lake_root, arguments.dataset, run_id)
        return None

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="manifests") as readers:
        found = zip(run_ids, readers.map(read, run_ids), strict=True)
        return {run_id: earlier for run_id, earlier in found if earlier is not None}
