import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl_job.arguments import parse_arguments, split_deliveries
from etl_job.errors import ArgumentError

REQUIRED = ["--lake_bucket", "lake", "--dataset", "feed", "--contract", "s3://lake/c.yaml", "--database", "db"]


def test_parse_reads_both_spellings_and_ignores_glues_own():
    arguments = parse_arguments(
        ["--lake_bucket=lake", *REQUIRED[2:], "--JOB_NAME", "etl", "--enable-metrics", "--TempDir", "s3://tmp/x"]
    )
    assert (arguments.lake_root, arguments.dataset, arguments.deliveries) == ("s3://lake", "feed", ())


def test_parse_lake_bucket_may_be_a_folder():
    arguments = parse_arguments(["--lake_bucket", "file:///srv/lake/", *REQUIRED[2:]])
    assert arguments.lake_root == "file:///srv/lake"


@pytest.mark.parametrize(
    ("given_ids", "expected"),
    [
        pytest.param(["--run_id", "mine", "--WORKFLOW_RUN_ID", "wr_1", "--JOB_RUN_ID", "jr_1"], "mine", id="given"),
        pytest.param(["--WORKFLOW_RUN_ID", "wr_1", "--JOB_RUN_ID", "jr_1"], "wr_1", id="workflow"),
        pytest.param(["--JOB_RUN_ID", "jr_1"], "jr_1", id="job"),
        pytest.param(["--run_id", "", "--JOB_RUN_ID", "jr_1"], "jr_1", id="empty counts as not given"),
    ],
)
def test_run_id_is_the_most_specific_one(given_ids, expected):
    assert parse_arguments(REQUIRED + given_ids).run_id == expected


def test_run_id_is_generated_if_none_is_passed():
    first, second = (parse_arguments(REQUIRED).run_id for _ in range(2))
    assert first != second
    assert first.startswith("run-")


@pytest.mark.parametrize("run_id", ["../up", "a b", "x" * 129, ".hidden"])
def test_run_id_that_could_leave_its_folder_is_refused(run_id):
    with pytest.raises(ArgumentError, match="letters, digits"):
        parse_arguments([*REQUIRED, "--run_id", run_id])


def test_commands_name_environment_and_feed_if_the_environment_is_known():
    given_both = parse_arguments([*REQUIRED, "--environment", "prod", "--quarantine_share_limit", "0.05"])
    assert given_both.naming_options == ("--env prod", "--dataset feed")
    assert given_both.quarantine_share_limit == 0.05
    neither = parse_arguments([*REQUIRED, "--environment=", "--quarantine_share_limit="])
    assert (neither.naming_options, neither.quarantine_share_limit) == ((), None)


@pytest.mark.parametrize("share", ["5", "1", "-0.1", "nan", "5%", "0,05"])
def test_limit_that_is_no_share_is_refused(share):
    with pytest.raises(ArgumentError, match=r"--quarantine_share_limit .*: use a share from 0 to below 1"):
        parse_arguments([*REQUIRED, f"--quarantine_share_limit={share}"])


def test_environment_that_could_be_a_command_is_refused():
    with pytest.raises(ArgumentError, match="--environment"):
        parse_arguments([*REQUIRED, "--environment", "dev; rm"])


def test_parse_names_every_missing_argument():
    with pytest.raises(ArgumentError, match="--contract, --database"):
        parse_arguments(REQUIRED[:4])


def test_split_deliveries_drops_blanks_and_repeats():
    assert split_deliveries(" 2024Q1,,2023Q4, 2024Q1 ") == ("2024Q1", "2023Q4")


@given(st.lists(st.text(max_size=20), max_size=8))
def test_parse_never_fails_on_unknown_words(words):
    extra = [word for word in words if not word.startswith("--")]
    assert parse_arguments([*REQUIRED, "--run_id", "r", *extra]).run_id == "r"


WORDS = st.sampled_from(
    ["--run_id", "--delivery", "--withdraw", "--dataset", "--lake_bucket", "--contract", "--database", "--", "--=", "="]
)


@given(st.lists(WORDS | st.text(max_size=20) | st.tuples(WORDS, st.text(max_size=20)).map("=".join), max_size=12))
def test_any_words_are_read_or_refused_on_one_line(words):
    message = ""
    try:
        parse_arguments(words)
    except ArgumentError as error:
        message = str(error)
    assert message.isprintable()
    assert len(message) < 600


@given(st.lists(WORDS | st.text(max_size=20) | st.tuples(WORDS, st.text(max_size=20)).map("=".join), max_size=6))
def test_arguments_that_are_taken_name_one_folder_each(words):
    try:
        found = parse_arguments([*REQUIRED, *words])
    except ArgumentError:
        return
    for name in (found.dataset, found.database, *found.deliveries, *found.withdrawn):
        assert "/" not in name
        assert name.isprintable()
        assert name not in ("", ".", "..")


@pytest.mark.parametrize(
    "words",
    [
        ["--dataset", "../up"],
        ["--dataset", "a b"],
        ["--database", "x/y"],
        ["--delivery", "2024Q1/../2024Q2"],
        ["--delivery", "a\nb"],
        ["--withdraw", ".."],
        ["--contract", "s3://lake/c\x00.yaml"],
        ["--lake_bucket", "lake\n"],
        ["--dataset", "x" * 5000],
    ],
)
def test_argument_that_names_no_folder_or_table_is_refused_by_its_name(words):
    with pytest.raises(ArgumentError, match=words[0]) as raised:
        parse_arguments([*REQUIRED, *words])
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 600
