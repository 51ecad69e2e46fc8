from pathlib import Path

import pytest

from quartal.settings import Settings


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with the folders that make it a Quartal project, and one environment."""
    root = tmp_path / "project"
    for folder in (
        "infra/environments",
        "infra/modules/lake",
        "etl_job",
        "data/contracts",
        "requirements",
        "tooling/localstack_glue",
    ):
        (root / folder).mkdir(parents=True)
    (root / "infra/environments/localstack.tfvars").write_text('prefix = "local"\n')
    (root / "infra/environments/localstack.backend.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    (root / "infra/main.tf").write_text("# root\n")
    (root / "etl_job/main.py").write_text("print('job')\n")
    (root / "etl_job/requirements.txt").write_text("pydantic==2\n")
    (root / "data/contracts/sightings.yaml").write_text("kind: DataContract\n")
    for pins in ("requirements/localstack.txt", "requirements/quartal.txt", "tooling/localstack_glue/pyproject.toml"):
        (root / pins).touch()
    return root


@pytest.fixture
def settings(project: Path) -> Settings:
    return Settings.from_env({}, cwd=project)
