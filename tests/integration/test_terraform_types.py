"""Real Terraform over every aws_glue_* resource type: apply, nothing left to change, change, import, destroy."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from quartal.core import process
from quartal.core.console import Console
from quartal.core.settings import Settings
from quartal.local.toolchain.terraform_binary import require_terraform
from quartal.workspace import Workspace, terraform_environment
from tests.integration.deployment import PROJECT
from tests.integration.read_back import READ_BACK, Stack
from tests.provider_lock import drop_hashes

FOLDER = Path(__file__).parent / "terraform_types"
DOCUMENTED = PROJECT / "docs" / "reference" / "glue-service" / "terraform.md"
# named by what is tested, or what brings events to it; not themselves under test
SUPPORT = {"aws_cloudwatch_event_rule", "aws_cloudwatch_event_target", "aws_iam_role", "aws_kms_key"}
REPLACED = {"aws_athena_named_query"}  # by the provider, whatever changes
# what the provider does not read from AWS, so that an import cannot bring it
NOT_IMPORTED = {
    "aws_athena_data_catalog.this": {"parameters"},  # only those that the state knows
    "aws_athena_workgroup.this": {"force_destroy"},  # a wish of Terraform's own
    "aws_glue_connection.jdbc": {"connection_properties"},  # AWS returns the password encrypted, as its settings want
    "aws_glue_resource_policy.this": {"enable_hybrid"},
    "aws_glue_trigger.event": {"enabled"},  # it has no state that says so
    "aws_glue_trigger.scheduled": {"start_on_creation"},
    "aws_kms_key.this": {"deletion_window_in_days"},
}

pytestmark = pytest.mark.nightly(touches=["tooling/localstack_glue/*", "tests/integration/terraform_types/*"])


@dataclass(frozen=True)
class Root:
    """terraform_types/ in a folder of its own, and Terraform in it."""

    folder: Path
    binary: Path
    env: dict[str, str]

    def run(self, *arguments: str) -> str:
        line = [str(self.binary), *arguments]
        done = process.run(line, cwd=self.folder, env=self.env, timeout_s=300, success_codes=None)
        if done.exit_code != 0:
            pytest.fail(f"{' '.join(arguments)}\n{done.stdout}{done.stderr}", pytrace=False)
        return done.stdout

    def plan(self, revision: int, *options: str) -> dict[str, dict[str, Any]]:
        """The changes that a revision needs, by address; `saved.tfplan` holds them."""
        self.run("plan", "-out=saved.tfplan", "-no-color", "-parallelism=20", f"-var=revision={revision}", *options)
        return {
            change["address"]: change["change"]
            for change in json.loads(self.run("show", "-json", "saved.tfplan"))["resource_changes"]
            if change["mode"] == "managed"
        }

    def apply_saved(self) -> None:
        self.run("apply", "-no-color", "-parallelism=20", "saved.tfplan")

    def importing(self, ids: dict[str, str]) -> Root:
        """The same configuration without a state, which imports these resources."""
        folder = self.folder.with_name("importing")
        shutil.copytree(self.folder, folder, symlinks=True, ignore=shutil.ignore_patterns("*.tfstate*", "*.tfplan"))
        blocks = [f'import {{\n  to = {address}\n  id = "{name}"\n}}\n' for address, name in ids.items()]
        (folder / "imports.tf").write_text("\n".join(blocks))
        return replace(self, folder=folder)


@dataclass(frozen=True)
class Story:
    """What came of one life of the root."""

    provider_types: set[str]
    tested_types: set[str]
    second_plan: dict[str, dict[str, Any]]
    change: dict[str, dict[str, Any]]
    read_back: dict[str, dict[str, tuple[Any, Any]]]
    imported: set[str]
    import_plan: dict[str, dict[str, Any]]
    left: dict[str, list[str]]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, endpoint_url: str) -> Root:
    folder = tmp_path_factory.mktemp("terraform") / "root"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    shutil.copyfile(PROJECT / "infra" / ".terraform.lock.hcl", folder / ".terraform.lock.hcl")
    drop_hashes(folder)
    environ = {**os.environ, "AWS_ENDPOINT_URL": endpoint_url}
    settings = Settings.from_env(environ, environment="localstack", cwd=PROJECT)
    env = terraform_environment(settings, Workspace(settings, Console()).env)
    env["TF_VAR_prefix"] = f"types-{secrets.token_hex(4)}"
    return Root(folder, require_terraform(settings), env)


@pytest.fixture(scope="module")
def story(root: Root, endpoint_url: str) -> Story:
    root.run("init", "-input=false", "-lockfile=readonly")
    schemas = json.loads(root.run("providers", "schema", "-json"))["provider_schemas"]
    provider_types = {name for schema in schemas.values() for name in schema["resource_schemas"]}
    try:
        root.run("apply", "-no-color", "-auto-approve", "-parallelism=20", "-var=revision=1")
        second_plan = root.plan(1)
        change = root.plan(2, "-refresh=false")
        root.apply_saved()
        state = json.loads(root.run("show", "-json"))["values"]["root_module"]["resources"]
        resources = {each["address"]: each["values"] for each in state if each["mode"] == "managed"}
        stack = Stack(endpoint_url, root.env["TF_VAR_prefix"], resources["aws_kms_key.this"]["arn"])
        read_back = {address: read(stack) for address, read in READ_BACK.items()}
        ids = {address: values["id"] for address, values in resources.items()}
        target = resources["aws_cloudwatch_event_target.workflow"]
        ids["aws_cloudwatch_event_target.workflow"] = f"{target['rule']}/{target['target_id']}"
        import_plan = root.importing(ids).plan(2)
    finally:
        root.run("destroy", "-no-color", "-auto-approve", "-parallelism=20", "-var=revision=2")
    return Story(
        provider_types=provider_types,
        tested_types={resource_type(address) for address in resources},
        second_plan=second_plan,
        change=change,
        read_back=read_back,
        imported=set(ids),
        import_plan=import_plan,
        left=names_left(stack),
    )


def resource_type(address: str) -> str:
    return address.partition(".")[0]


def changing(plan: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    return {address: change["actions"] for address, change in plan.items() if change["actions"] != ["no-op"]}


def changed_attributes(change: dict[str, Any]) -> set[str]:
    """Top-level attributes that differ; `tags_all` only repeats `tags`."""
    before, after, unknown = change["before"], change["after"], change["after_unknown"]
    names = {name for name in after if said(before.get(name)) != said(after[name]) and unknown.get(name) is not True}
    return names - {"tags_all"}


def said(value: Any) -> Any:
    """A value without what says nothing: the provider takes null, zero, and empty for one."""
    if isinstance(value, dict):
        return {name: said(inner) for name, inner in value.items() if said(inner)}
    if isinstance(value, list):
        return [said(inner) for inner in value]
    return value or None


def names_left(stack: Stack) -> dict[str, list[str]]:
    """What is still there of a destroyed stack, by kind."""
    glue, athena, quicksight = stack.glue, stack.client("athena"), stack.client("quicksight")
    account = {"AwsAccountId": "000000000000"}
    found = {
        "alarms": [alarm["AlarmName"] for alarm in stack.client("cloudwatch").describe_alarms()["MetricAlarms"]],
        "budgets": [
            budget["BudgetName"]
            for budget in stack.client("budgets").describe_budgets(AccountId=account["AwsAccountId"])["Budgets"]
        ],
        "classifiers": [
            definition["Name"]
            for classifier in glue.get_classifiers()["Classifiers"]
            for definition in classifier.values()
        ],
        "connections": [connection["Name"] for connection in glue.get_connections()["ConnectionList"]],
        "crawlers": glue.list_crawlers()["CrawlerNames"],
        "dashboards": [
            entry["DashboardName"] for entry in stack.client("cloudwatch").list_dashboards()["DashboardEntries"]
        ],
        "data catalogs": [found["CatalogName"] for found in athena.list_data_catalogs()["DataCatalogsSummary"]],
        "data sets": [found["DataSetId"] for found in quicksight.list_data_sets(**account)["DataSetSummaries"]],
        "data sources": [found["DataSourceId"] for found in quicksight.list_data_sources(**account)["DataSources"]],
        "databases": [database["Name"] for database in glue.get_databases()["DatabaseList"]],
        "jobs": glue.list_jobs()["JobNames"],
        "registries": [registry["RegistryName"] for registry in glue.list_registries()["Registries"]],
        "roles": [role["RoleName"] for role in stack.client("iam").list_roles()["Roles"]],
        "rulesets": [ruleset["Name"] for ruleset in glue.list_data_quality_rulesets()["Rulesets"]],
        "security configurations": [
            configuration["Name"] for configuration in glue.get_security_configurations()["SecurityConfigurations"]
        ],
        "triggers": glue.list_triggers()["TriggerNames"],
        "workflows": glue.list_workflows()["Workflows"],
        "workgroups": [workgroup["Name"] for workgroup in athena.list_work_groups()["WorkGroups"]],
    }
    marks = (stack.prefix, stack.database)
    return {kind: left for kind, names in found.items() if (left := [n for n in names if any(m in n for m in marks)])}


def test_every_glue_type_of_the_provider_is_applied_or_documented_as_not(story: Story):
    rows = re.findall(r"^\| `(aws_\w+)` \| ([^|]+) \|", DOCUMENTED.read_text(), re.MULTILINE)
    documented = {name: applied.strip() for name, applied in rows}
    assert {name for name, applied in documented.items() if applied == "yes"} == story.tested_types - SUPPORT
    of_the_provider = {name for name in story.provider_types if name.startswith("aws_glue_")}
    assert len(of_the_provider) >= 20
    assert of_the_provider <= set(documented)


def test_second_plan_is_empty(story: Story):
    assert changing(story.second_plan) == {}


def test_change_is_applied_in_place(story: Story):
    made = {
        address: actions
        for address, actions in changing(story.change).items()
        if resource_type(address) not in REPLACED
    }
    assert set(map(tuple, made.values())) == {("update",)}
    assert set(made) == set(READ_BACK)


@pytest.mark.parametrize("address", sorted(READ_BACK))
def test_every_changed_attribute_is_read_back_as_it_was_set(story: Story, address: str):
    found = story.read_back[address]
    assert {name: actual for name, (actual, _) in found.items()} == {
        name: wanted for name, (_, wanted) in found.items()
    }
    assert set(found) == changed_attributes(story.change[address])


def test_imported_resources_are_unchanged_and_the_plan_is_empty(story: Story):
    importing = {address for address, change in story.import_plan.items() if change.get("importing")}
    assert importing == story.imported
    different = {
        address: changed_attributes(change)
        for address, change in story.import_plan.items()
        if change["actions"] != ["no-op"]
    }
    assert different == NOT_IMPORTED


def test_nothing_is_left_when_all_is_destroyed(story: Story):
    assert story.left == {}
