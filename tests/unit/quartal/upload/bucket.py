"""What lies in the bucket of a test, and what a manifest's entry looks like."""

from quartal.deliver.upload.delivery_manifest import DeliveredFile, ManifestStore, UploadRecord

RAW = "raw/sightings/"
MEBIBYTE = 1024 * 1024


def keys(connection, bucket: str) -> list[str]:
    found = connection.s3().list_objects_v2(Bucket=bucket, Prefix="raw/").get("Contents", [])
    return [entry["Key"] for entry in found]


def content(connection, bucket: str, key: str) -> bytes:
    return connection.s3().get_object(Bucket=bucket, Key=key)["Body"].read()


def make_entry(name: str) -> tuple[dict[str, DeliveredFile], UploadRecord]:
    return {name: DeliveredFile(1, "e", "c", "c", name)}, UploadRecord(name, "2024-01-01T00:00:00Z", "arn")


# ---------------------------------------------------------------------------- what a delivery consists of


def recorded(connection, bucket: str, delivery: str = "2024Q1") -> list[str]:
    return sorted(ManifestStore(connection.s3(), bucket, "deliveries/sightings/").read(delivery).files)


def going(connection, bucket: str, delivery: str = "2024Q1") -> tuple[str, ...]:
    """What the record says is to be taken out."""
    return ManifestStore(connection.s3(), bucket, "deliveries/sightings/").read(delivery).removing
