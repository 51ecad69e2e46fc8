"""bootstrap, drift, adopt, cost, schedule: commands about an environment other than deploying it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, cast

import typer

from quartal.cli.deploy import ApproveOption, approved_level
from quartal.cli.options import DatasetOption, EnvironmentOption, JsonOption, WideOption, open_workspace
from quartal.core.errors import EXIT_CHANGES, EXIT_PIPELINE_FAILED, AwsError, ConfigurationError
from quartal.deploy.git_state import refuse_unpublished

_PANEL = "Infrastructure"
_TIMEOUT_S = 60.0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (bootstrap, drift, adopt, cost, schedule):
        app.command(rich_help_panel=_PANEL)(command)


def bootstrap(env: EnvironmentOption = None, as_json: JsonOption = False) -> None:
    """Create the bucket for the Terraform state, once per account and region; running it again changes nothing."""
    from quartal.deploy import bootstrap as bootstrapping  # which loads the review of plans, as the others here do

    workspace = open_workspace(env, as_json=as_json)
    with workspace.console.waiting("terraform: the state bucket") as line:
        line.update()
        result = bootstrapping.bootstrap(workspace)
    workspace.console.result(
        f"s3://{result.bucket}: {result.plan.summary()}",
        data={"bucket": result.bucket, "summary": result.plan.summary()},
    )


def drift(env: EnvironmentOption = None, as_json: JsonOption = False) -> None:
    """List what was changed outside Terraform; exit code 3 if anything was."""
    from quartal.deploy.drift import drift_as_data, find_drift, render_drift

    workspace = open_workspace(env, as_json=as_json)
    plan = find_drift(workspace)
    name = workspace.settings.environment
    workspace.console.result(render_drift(name, plan), data=drift_as_data(name, plan))
    if plan.drift:
        raise typer.Exit(EXIT_CHANGES)


def adopt(
    bucket: Annotated[str, typer.Argument(help="Name of the bucket that is to become the lake.", show_default=False)],
    env: EnvironmentOption = None,
    approve: ApproveOption = None,
    allow_dirty: Annotated[bool, typer.Option("--allow-dirty", help="As for `apply`.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Import an existing bucket into Terraform as the lake; without --approve, only show the plan."""
    from plan_review.levels import Level
    from plan_review.render_json import as_data
    from plan_review.render_text import render_text
    from quartal.deploy import change, review
    from quartal.deploy.adopt import plan_adoption
    from quartal.deploy.review import ReviewOptions
    from quartal.terraform import saved_plan

    workspace = open_workspace(env, as_json=as_json)
    refuse_unpublished(workspace.settings.root, workspace.settings.environment, allowed=allow_dirty)
    data, blocks = plan_adoption(workspace, bucket)
    result = review.review_saved_plan(workspace, data, ReviewOptions(policies=False))
    workspace.console.note(f"{blocks}\n{render_text(result)}")
    record = saved_plan.read_record(workspace.staged)
    try:
        if approve is None:
            level = max(result.verdict.level, Level.CHANGE).word
            raise ConfigurationError(
                f"Nothing was imported yet: {result.plan.summary()}.",
                remedy=f"Read the plan above, then run the command again with --approve {level}.",
            )
        review.refuse_unapproved(workspace, result.verdict, approved_level(approve))
        change.apply_plan(workspace, record)
    finally:
        change.discard_plan(workspace)
    workspace.console.result(f"{bucket} adopted: {result.plan.summary()}", data=as_data(result))


def cost(
    region: Annotated[
        str | None, typer.Argument(help="Print the prices of this AWS region instead of costs.", show_default=False)
    ] = None,
    refresh_prices: Annotated[
        bool,
        typer.Option(
            "--refresh",
            help="Download AWS's price list for REGION to .quartal/prices/, which overrides the bundled prices.",
        ),
    ] = False,
    last: Annotated[int, typer.Option("--last", min=1, help="How many of the newest runs to show.")] = 20,
    wide: WideOption = False,
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what each run and each month cost; or the prices of a region, with their date and source."""
    workspace = open_workspace(env, dataset=dataset, as_json=as_json)
    if region is None:
        if refresh_prices:
            raise ConfigurationError(
                "--refresh needs a region.", remedy="Name one: `quartal cost eu-central-1 --refresh`."
            )
        from quartal.runs.costs import show_run_costs

        if not show_run_costs(workspace, last, wide=wide):
            raise typer.Exit(EXIT_PIPELINE_FAILED)
        return
    from plan_review.prices import load_prices, refresh
    from quartal.deploy.review import prices_folder

    folder = prices_folder(workspace)
    if refresh_prices:
        with workspace.console.waiting("AWS's price list") as line:
            line.update()
            prices = refresh(region, folder, _fetch, datetime.now(UTC).date())
    else:
        found = load_prices(region, folder)
        if found is None:
            raise ConfigurationError(
                f"There are no prices for {region}.", remedy=f"Fetch them: `quartal cost {region} --refresh`."
            )
        prices = found
    workspace.console.table(
        f"{prices.region}, {prices.as_of} ({prices.origin})",
        ("price", "USD", "source"),
        [(name, f"{price.usd:.10g}", price.source) for name, price in prices.prices.items()],
        data=prices.model_dump(mode="json"),
    )


def schedule(
    region: Annotated[
        str | None,
        typer.Argument(help="AWS region. Default: that of the environment.", show_default=False),
    ] = None,
    env: EnvironmentOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what Glue will run in the account within a year, and mistakes in it; exit code 3 if something never runs."""
    from quartal.runs.account_schedule import show_schedule

    if show_schedule(open_workspace(env, as_json=as_json), region):
        raise typer.Exit(EXIT_CHANGES)


def _fetch(url: str) -> Mapping[str, Any]:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310  # always https, see prices.py
            return cast(Mapping[str, Any], json.load(answer))
    except (urllib.error.URLError, TimeoutError, ValueError) as error:
        raise AwsError(
            f"AWS's price list cannot be read: {url}: {error}",
            remedy="The bundled prices stay in use. Try again from a machine that reaches AWS.",
        ) from error
