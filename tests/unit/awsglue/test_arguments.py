import pytest

from awsglue.utils import GlueArgumentError, getResolvedOptions

ARGV = ["script.py", "--JOB_NAME", "etl", "--day", "2027-01-01", "--job-bookmark-option", "job-bookmark-enable"]


def test_resolves_what_was_asked_and_what_glue_passes():  # G28
    assert getResolvedOptions(ARGV, ["day"]) == {
        "day": "2027-01-01",
        "JOB_NAME": "etl",
        "job_bookmark_option": "job-bookmark-enable",
    }


def test_leaves_out_what_was_not_asked():
    assert "day" not in getResolvedOptions(ARGV, ["JOB_NAME"])


@pytest.mark.parametrize("argv", [["s", "--a-b=x"], ["s", "--a-b", "x"], ["s", "--a_b", "x"]])
@pytest.mark.parametrize("option", ["a-b", "a_b"])
def test_hyphens_become_underscores(argv, option):
    assert getResolvedOptions(argv, [option]) == {"a_b": "x"}


def test_values_may_be_negative_or_hold_equal_signs():
    assert getResolvedOptions(["s", "--n", "-5", "--e=a=b"], ["n", "e"]) == {"n": "-5", "e": "a=b"}


def test_missing_option_is_named():
    with pytest.raises(GlueArgumentError, match="required: --month, --year"):
        getResolvedOptions(ARGV, ["day", "month", "year"])


def test_option_without_value_is_named():
    with pytest.raises(GlueArgumentError, match="--flag: expected one argument"):
        getResolvedOptions(["s", "--flag", "--day", "1"], ["flag"])
