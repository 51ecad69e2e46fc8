from pathlib import Path

import pytest

from quartal.core.errors import ConfigurationError
from quartal.core.settings import Settings
from quartal.terraform import saved_plan
from quartal.terraform.working_copy import StagedRoot, stage


@pytest.fixture
def staged(settings: Settings) -> StagedRoot:
    made = stage(settings)
    made.plan_file.write_bytes(b"the plan")
    return made


def record(staged: StagedRoot) -> saved_plan.ReviewRecord:
    return saved_plan.write_record(
        staged, made_at="2026-11-23T12:00:00+00:00", summary="1 to create", decision="apply", approval="note",
        is_destroy=False,
    )  # fmt: skip


def test_record_is_read_as_it_was_written(staged):
    written = record(staged)
    assert saved_plan.read_record(staged) == written


def test_reviewed_plan_survives_a_new_staging_of_the_same_configuration(staged, settings):
    written = record(staged)
    stage(settings)
    assert saved_plan.read_record(staged) == written
    assert saved_plan.configuration_hash(staged.folder) == written.configuration_sha256


@pytest.mark.parametrize("file", ["infra/main.tf", "etl_job/main.py", "data/contracts/sightings.yaml"])
def test_changed_source_makes_another_configuration(staged, settings, project: Path, file):
    written = record(staged)
    (project / file).write_text("# changed\n")
    stage(settings)
    assert saved_plan.configuration_hash(staged.folder) != written.configuration_sha256


def test_state_and_providers_are_no_part_of_the_configuration(staged):
    before = saved_plan.configuration_hash(staged.folder)
    (staged.folder / ".terraform").mkdir()
    (staged.folder / ".terraform" / "provider").touch()
    (staged.folder / "terraform.tfstate").write_text("{}")
    assert saved_plan.configuration_hash(staged.folder) == before


def test_plan_file_that_is_not_the_reviewed_one_is_refused(staged):
    written = record(staged)
    saved_plan.refuse_another_plan(staged, written)
    staged.plan_file.write_bytes(b"another plan")
    with pytest.raises(ConfigurationError, match="not the plan that was reviewed") as error:
        saved_plan.refuse_another_plan(staged, written)
    assert "quartal plan" in error.value.remedy


def test_record_without_its_plan_is_ignored(staged):
    record(staged)
    staged.plan_file.unlink()
    assert saved_plan.read_record(staged) is None


def test_record_that_cannot_be_read_is_refused(staged):
    saved_plan.record_file(staged).write_text("{}")
    with pytest.raises(ConfigurationError, match="not the record"):
        saved_plan.read_record(staged)
