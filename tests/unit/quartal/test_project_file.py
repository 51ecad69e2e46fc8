from pathlib import Path

import pytest

from quartal.core.aws import AwsConnection, aws_environment
from quartal.core.errors import ConfigurationError
from quartal.core.settings import Settings
from quartal.terraform.outputs import Deployment


@pytest.fixture
def write(project: Path):
    (project / "infra/environments/dev.tfvars").touch()

    def written(text: str) -> None:
        (project / "quartal.toml").write_text(text, encoding="utf-8")

    return written


def test_project_file_sets_environment_and_dataset_by_default(project, write):
    write('environment = "dev"\ndataset = "orders"\n')
    settings = Settings.from_env({}, cwd=project)
    assert (settings.environment, settings.dataset) == ("dev", "orders")


def test_project_file_may_begin_with_a_byte_order_mark(project, write):
    write('\ufeffdataset = "shop"\n')
    assert Settings.from_env({}, cwd=project).dataset == "shop"


def test_variable_wins_over_the_file_and_the_option_over_both(project, write):
    write('environment = "dev"\ndataset = "orders"\n')
    environ = {"QUARTAL_ENV": "localstack", "QUARTAL_DATASET": "sessions"}
    settings = Settings.from_env(environ, cwd=project)
    assert (settings.environment, settings.dataset) == ("localstack", "sessions")
    settings = Settings.from_env(environ, environment="dev", dataset="returns", cwd=project)
    assert (settings.environment, settings.dataset) == ("dev", "returns")


def test_suggested_commands_omit_what_the_project_file_sets(project, write):
    write('environment = "dev"\ndataset = "orders"\n')
    assert Settings.from_env({}, cwd=project).naming_options() == ()
    other = Settings.from_env({}, environment="localstack", dataset="sessions", cwd=project)
    assert other.naming_options() == ("--env localstack", "--dataset sessions")


def test_profile_of_the_environment_signs_in_who_is_not_signed_in(project, write):
    write('[environments.dev]\naws_profile = "data-dev"\n')
    settings = Settings.from_env({}, environment="dev", cwd=project)
    assert settings.environ["AWS_PROFILE"] == "data-dev"
    connection = AwsConnection.from_environment(aws_environment(settings, None), local=False)
    assert connection.profile == "data-dev"
    with pytest.raises(ConfigurationError, match="no profile 'data-dev'"):
        connection.s3()


@pytest.mark.parametrize("name", ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE"])
def test_signed_in_user_keeps_the_credentials(project, write, name):
    write('[environments.dev]\naws_profile = "data-dev"\n')
    settings = Settings.from_env({name: "mine"}, environment="dev", cwd=project)
    assert settings.environ == {name: "mine"}


def test_profile_never_reaches_a_rehearsal_on_localstack(project, write):
    write('[environments.localstack]\naws_profile = "data-prod"\n')
    env = aws_environment(Settings.from_env({}, cwd=project), "http://127.0.0.1:4566")
    assert "AWS_PROFILE" not in env
    assert AwsConnection.from_environment(env, local=True).profile is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("environment = dev\n", "is not valid TOML", id="not-toml"),
        pytest.param('enviroment = "dev"\n', "enviroment: is not a known name", id="misspelt"),
        pytest.param("dataset = 7\n", "dataset: must be text", id="not-text"),
        pytest.param('[environments.dev]\nprofile = "x"\n', "environments.dev.profile", id="misspelt-below"),
        pytest.param('environment = "staging"\n', "'staging', which quartal.toml names", id="no-such-environment"),
    ],
)
def test_mistake_in_the_file_is_named_with_its_place(project, write, text, said):
    write(text)
    with pytest.raises(ConfigurationError) as error:
        Settings.from_env({}, cwd=project)
    assert said in error.value.message
    assert error.value.remedy


OUTPUTS = {
    "region": "eu-central-1",
    "lake_bucket": "lake",
    "dataset": "sightings",
    "raw_prefix": "raw/sightings/",
    "database": "quartal",
    "crawler": "sightings-raw",
    "job": "sightings-features",
    "workflow": "sightings",
    "schedule": "cron(0 2 8 1,4,7,10 ? *)",
    "starts": "02:00 UTC",
    "log_groups": {"crawler": "/c", "job_error": "/e", "job_output": "/sightings"},
    "feeds": {
        "orders": {
            "raw_prefix": "raw/orders/",
            "crawler": "orders-raw",
            "job": "orders-features",
            "workflow": "orders",
            "schedule": "",
            "starts": "",
            "log_groups": {"crawler": "/c", "job_error": "/e", "job_output": "/orders"},
        }
    },
}


def test_named_feed_is_what_commands_work_on():
    deployment = Deployment.from_outputs(OUTPUTS, dataset="orders")
    assert (deployment.dataset, deployment.workflow, deployment.lake_bucket) == ("orders", "orders", "lake")
    assert deployment.features_table() == "orders_features"
    assert deployment.log_groups["job_output"] == "/orders"


def test_first_feed_is_what_commands_work_on_where_none_is_named():
    assert Deployment.from_outputs(OUTPUTS).workflow == "sightings"


def test_unknown_feed_is_refused_with_the_existing_ones():
    with pytest.raises(ConfigurationError, match="no feed 'returns'") as error:
        Deployment.from_outputs(OUTPUTS, dataset="returns")
    assert "orders" in error.value.remedy
