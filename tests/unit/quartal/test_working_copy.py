from pathlib import Path

import pytest

from quartal.core.errors import ConfigurationError
from quartal.core.settings import Settings
from quartal.terraform.working_copy import stage


def test_local_environment_gets_its_backend_as_an_override(settings: Settings):
    staged = stage(settings)
    assert staged.backend_config == ()
    assert 'backend "local"' in (staged.folder / "backend_override.tf").read_text()


def dev(project: Path, backend: str, **environ: str) -> Settings:
    (project / "infra/environments/dev.tfvars").touch()
    (project / "infra/environments/dev.s3.tfbackend").write_text(backend)
    return Settings.from_env(environ, environment="dev", cwd=project)


def test_environment_with_an_s3_backend_is_configured_by_its_file(project: Path):
    staged = stage(dev(project, 'bucket = "states"\n'))
    assert staged.backend_config == ("environments/dev.s3.tfbackend",)
    assert not (staged.folder / "backend_override.tf").exists()


def test_state_bucket_that_the_file_leaves_open_comes_from_the_variable(project: Path):
    staged = stage(dev(project, "use_lockfile = true\n", QUARTAL_STATE_BUCKET="states"))
    assert staged.backend_config == ("environments/dev.s3.tfbackend", "bucket=states")


def test_unnamed_state_bucket_is_refused_with_the_variable_to_set(project: Path):
    with pytest.raises(ConfigurationError, match="no bucket is named") as error:
        stage(dev(project, "use_lockfile = true\n"))
    assert "QUARTAL_STATE_BUCKET" in error.value.remedy


def test_state_and_providers_survive_a_new_staging(settings: Settings):
    staged = stage(settings)
    (staged.folder / "terraform.tfstate").write_text("{}")
    (staged.folder / ".terraform").mkdir()
    stage(settings)
    assert (staged.folder / "terraform.tfstate").read_text() == "{}"
    assert (staged.folder / ".terraform").is_dir()


def test_file_removed_from_infra_is_removed_from_the_working_copy(project: Path, settings: Settings):
    (project / "infra/alarms.tf").touch()
    staged = stage(settings)
    assert (staged.folder / "alarms.tf").exists()
    (project / "infra/alarms.tf").unlink()
    stage(settings)
    assert not (staged.folder / "alarms.tf").exists()


def test_source_tree_stays_clean(project: Path, settings: Settings):
    before = sorted(path for path in (project / "infra").rglob("*"))
    stage(settings)
    assert sorted(path for path in (project / "infra").rglob("*")) == before


def test_each_environment_has_a_working_copy_of_its_own(project: Path, settings: Settings):
    assert stage(dev(project, 'bucket = "states"\n')).folder != stage(settings).folder
