import argparse

import pytest

from awsglue.utils import GlueArgumentError, getResolvedOptions

ARGV = ["script.py", "--JOB_NAME", "etl", "--day", "2027-01-01", "--job-bookmark-option", "job-bookmark-enable"]


PASSED = dict.fromkeys(
    [
        "JOB_ID",
        "JOB_RUN_ID",
        "SECURITY_CONFIGURATION",
        "TempDir",
        "RedshiftTempDir",
        "encryption_type",
        "enable_data_lineage",
        "job_bookmark_from",
        "job_bookmark_to",
    ]
)


def test_resolved_options_include_those_requested_and_those_of_glue():  # G28
    assert getResolvedOptions(ARGV, ["day"]) == {
        **PASSED,
        "day": "2027-01-01",
        "job_bookmark_option": "job-bookmark-enable",
    }


def test_temporary_folder_goes_by_both_names_and_may_be_missing():
    assert getResolvedOptions(["s", "--TempDir", "s3://t"], ["TempDir"])["RedshiftTempDir"] == "s3://t"
    assert getResolvedOptions(["s"], ["TempDir"])["TempDir"] is None


def test_bookmark_option_is_never_missing_and_may_go_by_its_older_name():
    assert getResolvedOptions(["s"], [])["job_bookmark_option"] == "job-bookmark-disable"
    older = ["s", "--continuation-option", "continuation-readonly"]
    assert getResolvedOptions(older, [])["job_bookmark_option"] == "job-bookmark-pause"
    with pytest.raises(GlueArgumentError, match="invalid choice: 'yes'"):
        getResolvedOptions(["s", "--job-bookmark-option", "yes"], [])
    with pytest.raises(GlueArgumentError, match="invalid choice: 'sse-kms'"):
        getResolvedOptions(["s", "--encryption-type", "sse-kms"], [])


def test_reserved_names_are_refused():
    with pytest.raises(RuntimeError, match="Using reserved arguments job-bookmark-option"):
        getResolvedOptions(ARGV, ["job-bookmark-option"])


@pytest.mark.parametrize(
    "options", [["JOB_RUN_ID"], ["JOB_NAME", "JOB_ID"], ["SECURITY_CONFIGURATION"], ["encryption-type"], ["day", "day"]]
)
def test_name_that_is_there_already_cannot_be_requested(options):
    # github.com/awslabs/aws-glue-libs/issues/22
    with pytest.raises(argparse.ArgumentError, match="conflicting option string: --"):
        getResolvedOptions([*ARGV, "--JOB_ID", "j_1", "--JOB_RUN_ID", "jr_1"], options)
    assert getResolvedOptions([*ARGV, "--JOB_RUN_ID", "jr_1"], [])["JOB_RUN_ID"] == "jr_1"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param(["job-bookmark-enable", "--job-bookmark-from", "a", "--job-bookmark-to", "b"], "Invalid", id="on"),
        pytest.param(["job-bookmark-pause", "--job-bookmark-to", "b"], "Missing .* --job-bookmark-from", id="half"),
    ],
)
def test_range_of_a_bookmark_needs_both_ends_and_a_pause(argv, message):
    with pytest.raises(RuntimeError, match=message):
        getResolvedOptions(["s", "--job-bookmark-option", *argv], [])


def test_resolved_options_exclude_those_not_requested():
    assert "day" not in getResolvedOptions(ARGV, ["JOB_NAME"])


def test_abbreviated_option_is_accepted_before_glue_6_or_on_request(monkeypatch):
    # docs.aws.amazon.com/glue/latest/dg/migrating-version-60.html
    argv = ["s", "--da", "1", "--month=2"]
    monkeypatch.setenv("LOCALSTACK_GLUE_VERSION", "5.1")
    assert getResolvedOptions(argv, ["day", "month"])["day"] == "1"
    assert getResolvedOptions(["s", "--day", "1", "--day_of", "2"], ["day_of"])["day_of"] == "2"  # the last counts
    with pytest.raises(GlueArgumentError, match="ambiguous option: --da could match --day, --date"):
        getResolvedOptions(argv, ["day", "date"])
    with pytest.raises(GlueArgumentError, match="the following arguments are required: --day"):
        getResolvedOptions(argv, ["day"], allow_abbrev=False)

    monkeypatch.setenv("LOCALSTACK_GLUE_VERSION", "6.0")
    assert getResolvedOptions(argv, ["day"], allow_abbrev=True)["day"] == "1"
    with pytest.raises(GlueArgumentError, match="the following arguments are required: --day"):
        getResolvedOptions(argv, ["day"])


@pytest.mark.parametrize("argv", [["s", "--a-b=x"], ["s", "--a-b", "x"]])
def test_hyphens_become_underscores(argv):
    assert getResolvedOptions(argv, ["a-b"])["a_b"] == "x"
    with pytest.raises(GlueArgumentError, match="required: --a_b"):
        getResolvedOptions(argv, ["a_b"])  # the name counts as it was passed


@pytest.mark.parametrize(
    ("argv", "found"),
    [
        (["s", "--q", "--x y"], "--x y"),  # with a space it cannot be a name
        (["s", "--q", ""], ""),
        (["s", "--q", "1", "--q", "2"], "2"),
    ],
)
def test_values_are_those_of_pythons_parser(argv, found):
    assert getResolvedOptions(argv, ["q"])["q"] == found


def test_help_ends_the_script_as_in_the_public_library(capsys):
    with pytest.raises(SystemExit):
        getResolvedOptions(["s", "--q", "1", "--help", "x"], ["q"])
    assert "usage" in capsys.readouterr().out


def test_first_word_is_the_script():
    with pytest.raises(GlueArgumentError, match="required: --q"):
        getResolvedOptions(["--q", "1"], ["q"])


def test_values_may_be_negative_or_hold_equal_signs():
    resolved = getResolvedOptions(["s", "--n", "-5", "--e=a=b"], ["n", "e"])

    assert (resolved["n"], resolved["e"]) == ("-5", "a=b")


def test_missing_option_is_named():
    with pytest.raises(GlueArgumentError, match="required: --month, --year"):
        getResolvedOptions(ARGV, ["day", "month", "year"])


def test_option_without_value_is_named():
    with pytest.raises(GlueArgumentError, match="--flag: expected one argument"):
        getResolvedOptions(["s", "--flag", "--day", "1"], ["flag"])
