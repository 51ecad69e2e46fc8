"""The folders, the environment and the feed of a command, read once from the process environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from quartal.core.errors import ConfigurationError
from quartal.core.project_file import FILE_NAME, ProjectFile, read_project_file

LOCALSTACK_ENVIRONMENT = "localstack"
DEFAULT_LOCALSTACK_PORT = 4566

# with one of these the user is signed in already, as in CI; a profile in quartal.toml is for people
_SIGNED_IN = (
    "AWS_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_PROJECT_MARKERS = ("infra", "etl_job", "data")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a command.

    Attributes:
        root: the project checkout.
        state_dir: working folder of this project: staged Terraform, records and logs of local stacks, builds.
        tools_dir: environments that Quartal installs for itself; may be shared by several state folders.
        environment: name of its tfvars file: localstack, dev, prod or one of the user's own.
        dataset: the feed, if a pipeline has several; None for its first.
        default_options: environment and dataset that quartal.toml sets, so that no command line need repeat them.
        endpoint_url: `AWS_ENDPOINT_URL`, if the user set it.
        environ: the process environment at the start; child processes get it too.
    """

    root: Path
    state_dir: Path
    tools_dir: Path
    environment: str
    endpoint_url: str | None
    environ: Mapping[str, str]
    dataset: str | None = None
    default_options: tuple[str, str | None] = (LOCALSTACK_ENVIRONMENT, None)

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str],
        *,
        environment: str | None = None,
        dataset: str | None = None,
        cwd: Path | None = None,
    ) -> Settings:
        """Read the settings: arguments override the variables `QUARTAL_*`, which override quartal.toml.

        Raises:
            ConfigurationError: this is not a Quartal project, there is no such environment, or quartal.toml or
                AWS_ENDPOINT_URL is wrong.
        """
        root = _find_root(environ, cwd or Path.cwd())
        project = read_project_file(root)
        environment = _known_environment(root, project, environment or environ.get("QUARTAL_ENV"))
        profile = project.aws_profiles.get(environment)
        if profile and not any(environ.get(name) for name in _SIGNED_IN):
            environ = {**environ, "AWS_PROFILE": profile}
        state_dir = Path(environ.get("QUARTAL_STATE_DIR") or root / ".quartal").resolve()
        return cls(
            root=root,
            state_dir=state_dir,
            tools_dir=Path(environ.get("QUARTAL_TOOLS_DIR") or root / ".quartal" / "tools").resolve(),
            environment=environment,
            endpoint_url=_endpoint_in(environ),
            environ=dict(environ),
            dataset=dataset or environ.get("QUARTAL_DATASET") or project.dataset,
            default_options=(project.environment or LOCALSTACK_ENVIRONMENT, project.dataset),
        )

    @staticmethod
    def known_environments(environ: Mapping[str, str], *, cwd: Path | None = None) -> tuple[str, ...]:
        """Names of the environments of the project that a command would work in.

        Raises:
            ConfigurationError: this is not a Quartal project.
        """
        return available_environments(_find_root(environ, cwd or Path.cwd()))

    @property
    def is_local(self) -> bool:
        """Whether this is the environment in LocalStack."""
        return self.environment == LOCALSTACK_ENVIRONMENT

    @property
    def infra_dir(self) -> Path:
        """The Terraform root module under version control."""
        return self.root / "infra"

    @property
    def contracts_dir(self) -> Path:
        """The folder of data contracts."""
        return self.root / "data" / "contracts"

    def naming_options(self) -> tuple[str, ...]:
        """The options that a command line of this environment and feed needs."""
        environment, dataset = self.default_options
        named = (f"--env {self.environment}",) if self.environment != environment else ()
        return (*named, f"--dataset {self.dataset}") if self.dataset not in (None, dataset) else named

    def with_endpoint(self, endpoint_url: str | None) -> Settings:
        """The same settings, talking to another endpoint."""
        return replace(self, endpoint_url=endpoint_url)


def available_environments(root: Path) -> tuple[str, ...]:
    """Names of the environments that have a tfvars file, in alphabetical order."""
    return tuple(sorted(path.stem for path in (root / "infra" / "environments").glob("*.tfvars")))


def _find_root(environ: Mapping[str, str], start: Path) -> Path:
    project_dir = environ.get("QUARTAL_PROJECT_DIR")
    candidates = [Path(project_dir)] if project_dir else [start, *start.parents]
    for folder in candidates:
        if all((folder / marker).is_dir() for marker in _PROJECT_MARKERS):
            return folder.resolve()
    raise ConfigurationError(
        f"No Quartal project at {candidates[0]}: it has no {', '.join(f'{m}/' for m in _PROJECT_MARKERS)} folder.",
        remedy="Run the command inside the checkout, or set QUARTAL_PROJECT_DIR to it.",
    )


def _endpoint_in(environ: Mapping[str, str]) -> str | None:
    url = (environ.get("AWS_ENDPOINT_URL") or "").strip().rstrip("/")
    if not url:
        return None
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, or half of an IPv6 address
        is_url = False
    if not is_url or any(letter.isspace() for letter in url):
        raise ConfigurationError(
            f"AWS_ENDPOINT_URL={url} is not a valid URL of an endpoint.",
            remedy="Write it with http:// or https://, such as http://localhost:4566, or unset the variable.",
        )
    return url


def _known_environment(root: Path, project: ProjectFile, requested: str | None) -> str:
    name = requested or project.environment or LOCALSTACK_ENVIRONMENT
    known = available_environments(root)
    if name in known:
        return name
    source = f", which {FILE_NAME} names" if requested is None and project.environment else ""
    raise ConfigurationError(
        f"There is no environment '{name}'{source}.",
        remedy=f"Use --env with one of: {', '.join(known) or 'none found'}; or add infra/environments/{name}.tfvars.",
    )
