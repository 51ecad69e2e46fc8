import pytest

from localstack_glue.service.log_groups import crawler_log_group, job_log_group

SPARK = {
    "Command": {"Name": "glueetl"},
    "Role": "arn:aws:iam::000000000000:role/jobs/etl",
    "SecurityConfiguration": "sec",
}


@pytest.mark.parametrize(
    ("plan", "arguments", "is_encrypted", "expected"),
    [
        pytest.param(SPARK, {}, False, "/aws-glue/jobs", id="spark"),  # G29
        pytest.param(SPARK | {"Command": {"Name": "pythonshell"}}, {}, False, "/aws-glue/python-jobs", id="shell"),
        pytest.param(SPARK, {}, True, "/aws-glue/jobs/sec-role/etl", id="encrypted"),
        pytest.param(SPARK, {"--custom-logGroup-prefix": "/mine"}, False, "/mine", id="prefix"),
        pytest.param(SPARK, {"--custom-logGroup-prefix": "/mine"}, True, "/mine/sec-role/etl", id="prefix, encrypted"),
    ],
)
def test_job_run_logs_to_the_group_of_its_encryption_and_prefix(plan, arguments, is_encrypted, expected):
    assert job_log_group(plan, arguments, is_encrypted=is_encrypted) == expected


def test_crawl_logs_to_a_group_of_its_role_where_logs_are_encrypted():  # G13
    definition = {"Role": "crawl", "CrawlerSecurityConfiguration": "sec"}
    assert crawler_log_group(definition, is_encrypted=False) == "/aws-glue/crawlers"
    assert crawler_log_group(definition, is_encrypted=True) == "/aws-glue/crawlers-role/crawl-sec"
