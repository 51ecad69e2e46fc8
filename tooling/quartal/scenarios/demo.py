"""`quartal demo`: the whole chain on this machine, each step as a user would do it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from etl_job.findings.wording import count
from quartal.core.console import Console
from quartal.core.errors import ConfigurationError
from quartal.core.settings import DEFAULT_LOCALSTACK_PORT, Settings
from quartal.deliver.upload import uploads
from quartal.deploy import change
from quartal.features.query import iceberg_catalog, run_query
from quartal.local.local_aws import server
from quartal.local.local_aws.endpoint import find_endpoint
from quartal.local.local_aws.hosts import chosen_host
from quartal.report.writing import REPORT, make_report, write_page
from quartal.runs.outcome import show_manifest
from quartal.runs.start_and_follow import run_pipeline
from quartal.scenarios.example_feed import generate_feed
from quartal.workspace import Workspace

if TYPE_CHECKING:
    from etl_job.manifest.model import RunManifest

SAMPLE_QUERY = "select brand, day, sightings from features order by day desc, sightings desc limit 5"


def run_demo(workspace: Workspace, *, rows: int, seed: int, keep: bool, host: str | None = None) -> None:
    """Generate, deploy, upload and run twice, query; what exists and is still valid is used again.

    Args:
        workspace: the local environment.
        rows: rows of the feed.
        seed: seed of the feed.
        keep: leave the deployment and its local AWS running at the end.
        host: the host of the Glue service to start; None for that of `QUARTAL_HOST`, or for what runs already.

    Raises:
        ConfigurationError: a host is named, and a local AWS runs already.
        QuartalError: a step failed; the results of earlier steps stay, so that they can be examined.
    """
    console, settings = workspace.console, workspace.settings
    started = time.monotonic()

    console.heading(f"1/6  {chosen_host(settings, host).title} with the Glue service")
    _ensure_local_aws(settings, console, host)

    console.heading("2/6  Raw data")
    folder = generate_feed(
        console, settings.state_dir / "demo" / f"vehicle_sightings-{rows}-{seed}", rows=rows, seed=seed
    )

    console.heading("3/6  Infrastructure with Terraform")
    plan = change.make_plan(workspace)
    applied_s = 0.0 if plan.is_empty else change.apply_plan(workspace)
    console.done(f"{plan.summary()}" + (f", applied in {applied_s:.0f} s" if not plan.is_empty else ""))

    deployment = workspace.deployment
    *past, newest = sorted(folder.glob("delivery=*"))
    manifest: RunManifest | None = None
    for step, sources, what in ((4, past, f"{len(past)} quarters"), (5, [newest], "The next quarter")):
        console.heading(f"{step}/6  {what}: upload, crawl, trigger, Spark job")
        report = uploads.deliver(workspace, sources, delivery=None, options=uploads.UploadOptions())
        console.done(
            f"s3://{deployment.lake_bucket}/{deployment.raw_prefix}: {count(len(report.uploaded), 'file')} uploaded, "
            f"{len(report.unchanged)} unchanged"
        )
        manifest = run_pipeline(workspace, deliveries=(), timeout_s=1800)
        if not console.as_json:
            show_manifest(console, manifest)

    console.heading("6/6  Features")
    answer = run_query(SAMPLE_QUERY, deployment, iceberg_catalog(workspace.connection))
    seconds = time.monotonic() - started
    result = {
        "features": answer.as_records(),
        "manifest": manifest.model_dump(mode="json") if manifest else None,
        "seconds": round(seconds, 1),
    }
    console.table("", answer.columns, list(answer.rows), data=result)

    now = datetime.now(UTC)
    page = write_page(workspace, make_report(workspace, runs=40, quarters=8, now=now), settings.state_dir / REPORT)
    console.done(f"From nothing to features in {seconds:.0f} s. History and quality as a page: {page.as_uri()}")
    if keep:
        _show_what_remains(workspace)
    else:
        tear_down(workspace)


def tear_down(workspace: Workspace) -> None:
    """Destroy the deployment and stop the LocalStack that this project started."""
    workspace.console.heading("Teardown")
    plan = change.make_plan(workspace, destroy=True)
    if not plan.is_empty:
        change.apply_plan(workspace)
    workspace.console.done(plan.summary())
    running = server.running_server(workspace.settings)
    if running is not None:
        server.stop(workspace.settings, running)
        workspace.console.done(f"Stopped {running.endpoint_url}")


def _ensure_local_aws(settings: Settings, console: Console, host: str | None) -> None:
    endpoint = find_endpoint(settings)
    if endpoint is not None and host is not None:
        raise ConfigurationError(
            f"A local AWS already answers at {endpoint.url} ({endpoint.source}), so --host {host} starts none.",
            remedy="Stop it first: `quartal localstack stop`. To use it as it is, leave --host out.",
        )
    if endpoint is not None:
        console.done(f"A local AWS answers at {endpoint.url} ({endpoint.source})")
        return
    title = chosen_host(settings, host).title
    with console.waiting(f"starting {title}") as line:
        announce = line.update if console.is_terminal else console.note
        try:
            started = server.start(settings, port=DEFAULT_LOCALSTACK_PORT, announce=announce, host=host)
        except ConfigurationError:
            # another program uses the standard port; any free port will do
            started = server.start(settings, port=server.free_port(), announce=announce, host=host)
    console.done(f"{title} at {started.endpoint_url} (pid {started.pid}), log {started.log_file}")


def _show_what_remains(workspace: Workspace) -> None:
    deployment = workspace.deployment
    lake = f"s3://{deployment.lake_bucket}"
    workspace.console.note(
        "\n".join(
            (
                "",
                f"Features     table {deployment.database}.{deployment.features_table()}",
                f"Their files  {lake}/features/{deployment.dataset}/",
                f"Quarantine   {lake}/quarantine/{deployment.dataset}/",
                f"Manifests    {lake}/runs/{deployment.dataset}/",
                f'Ask          ./nox -s quartal -- query "{SAMPLE_QUERY}"',
                "Look         ./nox -s quartal -- status",
                "Compare      ./nox -s quartal -- diff 2024Q3 2024Q4",
                "See it       ./nox -s quartal -- report      (one page: findings, rows, drift, lineage)",
                "Run again    ./nox -s demo",
                "Tear down    ./nox -s destroy && ./nox -s localstack -- stop",
            )
        )
    )
