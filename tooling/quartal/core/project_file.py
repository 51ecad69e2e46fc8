"""`quartal.toml`: options that a team would otherwise repeat on every command line, kept with the code."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from quartal.core.errors import ConfigurationError

FILE_NAME = "quartal.toml"


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """The settings of the file; an option or an environment variable overrides each of them.

    Attributes:
        environment: the default environment.
        dataset: the default feed.
        aws_profiles: by environment, the profile of the AWS configuration to sign in with.
    """

    environment: str | None = None
    dataset: str | None = None
    aws_profiles: dict[str, str] = field(default_factory=dict)


def read_project_file(root: Path) -> ProjectFile:
    """Read the file of a project; a missing file means no settings.

    Raises:
        ConfigurationError: it is not valid TOML, or has a setting that is unknown or of the wrong type.
    """
    path = root / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors on Windows write a mark first
    except FileNotFoundError:
        return ProjectFile()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error}.", remedy="Make it readable, and write it in UTF-8."
        ) from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}.", remedy="Correct that line.") from error
    return _checked(values, path)


def _checked(values: dict[str, object], path: Path) -> ProjectFile:
    from pydantic import BaseModel, ConfigDict, Field, ValidationError  # a tenth of a second, only where there is one

    class _Environment(BaseModel):
        model_config = ConfigDict(extra="forbid", strict=True)
        aws_profile: str | None = Field(default=None, min_length=1)

    class _Project(BaseModel):
        model_config = ConfigDict(extra="forbid", strict=True)
        environment: str | None = Field(default=None, min_length=1)
        dataset: str | None = Field(default=None, min_length=1)
        environments: dict[str, _Environment] = Field(default_factory=dict)

    try:
        project = _Project.model_validate(values)
    except ValidationError as error:
        from quartal.core.validation_messages import problem_lines

        raise ConfigurationError(
            f"{path}: {problem_lines(error, 1)[0]}.",
            remedy='It may set environment = "...", dataset = "...", aws_profile = "..." under [environments.NAME].',
        ) from error
    profiles = {name: found.aws_profile for name, found in project.environments.items() if found.aws_profile}
    return ProjectFile(project.environment, project.dataset, profiles)
