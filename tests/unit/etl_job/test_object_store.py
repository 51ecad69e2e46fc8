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


def test_files_and_folders_are_deleted_wherever_they_lie_and_what_is_missing_does_not_matter(moto_catalog, tmp_path):
    s3 = boto3.client("s3", region_name="eu-west-3")
    s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
    files = LakeFiles(s3)
    uris = [f"{root}/{name}" for root in ("s3://lake", f"file://{tmp_path}") for name in ("a/1", "a/2", "ab/3")]
    for uri in uris:
        files.write(uri, b"x")
    files.delete_all([uris[0], uris[3], "s3://lake/none", f"file://{tmp_path}/none"])
    for root in ("s3://lake", f"file://{tmp_path}"):
        assert [file.uri for file in files.list_files(f"{root}/")] == [f"{root}/a/2", f"{root}/ab/3"]
        files.delete_folder(f"{root}/a")
        files.delete_folder(f"{root}/none")
        assert [file.uri for file in files.list_files(f"{root}/")] == [f"{root}/ab/3"]
