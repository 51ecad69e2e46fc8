from pathlib import Path

import pytest

from quartal.core.errors import ToolchainError
from quartal.core.settings import Settings
from quartal.local.toolchain.provider import MIRROR_VARIABLE, find_mirror, find_provider, write_cli_configuration

AWS = "registry.terraform.io/hashicorp/aws"


def mirror(folder: Path, version: str = "5.100.0") -> Path:
    (folder / AWS / version / "linux_amd64").mkdir(parents=True)
    return folder


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def find(environ: dict[str, str], home: Path, add_on_root: Path):
    return find_mirror({"XDG_DATA_DIRS": str(home / "none")} | environ, home=home, add_on_root=add_on_root)


def test_no_mirror_means_the_registry(nowhere: Path):
    assert find({}, nowhere, nowhere) is None


def test_named_mirror_wins_over_every_other(tmp_path: Path, nowhere: Path):
    mirror(tmp_path / "home/.terraform.d/plugins")
    named = mirror(tmp_path / "named")
    assert find({MIRROR_VARIABLE: str(named)}, tmp_path / "home", nowhere) == (named, MIRROR_VARIABLE)


def test_named_mirror_without_the_provider_is_refused(nowhere: Path):
    with pytest.raises(ToolchainError, match="holds no registry") as error:
        find({MIRROR_VARIABLE: str(nowhere)}, nowhere, nowhere)
    assert "terraform providers mirror" in error.value.remedy


def test_implied_mirror_is_found_in_the_home_folder(tmp_path: Path, nowhere: Path):
    folder = mirror(tmp_path / ".terraform.d/plugins")
    assert find({}, tmp_path, nowhere) == (folder, "Terraform's implied mirror")


def test_add_on_folder_is_found_below_opt(tmp_path: Path, nowhere: Path):
    folder = mirror(tmp_path / "opt/providers")
    found = find({}, nowhere, tmp_path / "opt")
    assert found is not None
    assert found[0] == folder


def test_mirror_of_another_version_is_reported(project: Path, tmp_path: Path):
    folder = mirror(tmp_path / "old", "4.0.0")
    found = find_provider(Settings.from_env({MIRROR_VARIABLE: str(folder)}, cwd=project))
    assert not found.ok
    assert "lacks 5.100.0" in found.remedy


def test_cli_configuration_names_the_mirror_and_leaves_other_providers_alone(project: Path, tmp_path: Path):
    folder = mirror(tmp_path / "with space")
    text = write_cli_configuration(Settings.from_env({MIRROR_VARIABLE: str(folder)}, cwd=project)).read_text()
    assert f'path    = "{folder}"' in text
    assert 'exclude = ["hashicorp/aws"]' in text
