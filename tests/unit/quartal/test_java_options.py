"""Java of job runs in rehearsals gets the options in the job's own file."""

from pathlib import Path

from quartal.local.toolchain.java import java_options

ROOT = Path(__file__).parents[3]


def test_options_are_those_of_the_job_without_comments():
    assert java_options(ROOT) == "-XX:TieredStopAtLevel=1 -XX:+UseParallelGC -XX:MetaspaceSize=256m"


def test_a_project_without_the_job_has_none(tmp_path: Path):
    assert java_options(tmp_path) == ""
