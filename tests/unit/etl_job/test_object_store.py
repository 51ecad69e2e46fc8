"""What tasks are given of the lake's files: a way to them, without the driver's clients."""

import pickle

import boto3

from etl_job.lake.lake_files import LakeFiles


def test_files_of_a_lake_reach_a_task_with_a_client_of_its_own_for_the_same_region(moto_catalog, tmp_path):
    client = boto3.client("s3", region_name="eu-west-3")
    client.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
    client.put_object(Bucket="lake", Key="raw/a.csv", Body=b"0123456789")
    in_task = pickle.loads(pickle.dumps(LakeFiles(client)))  # noqa: S301  # its own
    with in_task.open("s3://lake/raw/a.csv", 7) as content:
        assert content.read() == b"789"
    assert in_task._s3._s3.meta.region_name == "eu-west-3"
    local = tmp_path / "a.csv"
    in_task.write(local.as_uri(), b"0123456789")
    with in_task.open(local.as_uri(), 7) as content:
        assert content.read(2) == b"78"
