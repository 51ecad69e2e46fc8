"""Lists the objects under a crawler's target."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from localstack_glue.awsglue_runtime.glue_local_globs import escaped, excluder

LARGEST_SAMPLE = 249  # objects of each leaf folder: docs.aws.amazon.com/glue/latest/webapi/API_S3Target.html


@dataclass(frozen=True, slots=True)
class S3Target:
    """An include path with its exclusions."""

    bucket: str
    prefix: str  # without slashes at its ends; empty for the whole bucket
    exclusions: tuple[str, ...] = ()
    sample_size: int | None = None
    is_iceberg: bool = False  # of an IcebergTarget: nothing but Iceberg tables is looked for
    max_depth: int | None = None  # of folders down to an Iceberg table

    @classmethod
    def parse(cls, path: str, exclusions: Sequence[str] = (), sample_size: int | None = None) -> "S3Target":
        """Read `s3://bucket/prefix`; `bucket/prefix` is accepted as AWS accepts it.

        Raises:
            ValueError: the path is not one of S3, or the sample size is out of range.
        """
        parts = urlsplit(path if "://" in path else f"s3://{path}")
        if parts.scheme not in ("s3", "s3a", "s3n") or not parts.netloc:
            raise ValueError(f"The path {path} is not an S3 path")
        if sample_size is not None and not 1 <= sample_size <= LARGEST_SAMPLE:
            raise ValueError(f"SampleSize must be between 1 and {LARGEST_SAMPLE}, not {sample_size}")
        return cls(parts.netloc, parts.path.strip("/"), tuple(exclusions), sample_size)

    @classmethod
    def from_targets(cls, targets: Mapping[str, Any]) -> "tuple[S3Target, ...]":
        """Read a crawler's S3 and Iceberg targets.

        Raises:
            ValueError: a path is not a path in S3, or a sample is too small or too large.
        """
        found = [
            cls.parse(target.get("Path") or "", target.get("Exclusions") or (), target.get("SampleSize"))
            for target in targets.get("S3Targets") or ()
        ]
        for target in targets.get("IcebergTargets") or ():
            for path in target.get("Paths") or ():
                parsed = cls.parse(path, target.get("Exclusions") or ())
                found.append(replace(parsed, is_iceberg=True, max_depth=target.get("MaximumTraversalDepth")))
        return tuple(found)

    @property
    def default_name(self) -> str:
        """The name of a table at the include path itself."""
        return self.prefix.rsplit("/", 1)[-1] or self.bucket

    def relative(self, key: str) -> str:
        """The part of a key below the include path; empty for the include path itself."""
        return key[len(self.prefix) :].lstrip("/") if self.prefix else key

    @property
    def whole_exclusions(self) -> tuple[str, ...]:
        """The exclusions as patterns of whole locations."""
        return tuple(f"{escaped(self.uri())}/{pattern}" for pattern in self.exclusions)

    def uri(self, *parts: str) -> str:
        """The URI of something below the include path."""
        return "/".join([f"s3://{self.bucket}", *filter(None, [self.prefix]), *parts])


@dataclass(frozen=True, slots=True)
class S3Object:
    """One object to crawl; `path` is relative to the include path, in its parts."""

    key: str
    size_bytes: int
    path: tuple[str, ...]
    modified_s: float = 0.0

    @property
    def folder(self) -> tuple[str, ...]:
        """The folders between the include path and the object."""
        return self.path[:-1]


def list_objects(s3: Any, target: S3Target) -> Iterator[S3Object]:
    """Yield the objects that a crawl reads: no empty, hidden or excluded ones (G25).

    Raises:
        ValueError: one is in a folder that no table's location could reach.
    """
    is_excluded = excluder(target.exclusions)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=target.bucket, Prefix=target.prefix)
    for answer in pages:
        for item in answer.get("Contents", ()):
            key, size = item["Key"], item["Size"]
            if target.prefix and key != target.prefix and not key.startswith(target.prefix + "/"):
                continue  # `raw` must not take in `raw2/`
            relative = target.relative(key)
            path = tuple(part for part in relative.split("/") if part) or (key.rsplit("/", 1)[-1],)
            if size == 0 or key.endswith("/") or any(part.startswith(("_", ".")) for part in path):
                continue
            if not is_excluded(relative):
                _check_reachable(target, key, path)
                modified = item.get("LastModified")
                yield S3Object(key, size, path, modified.timestamp() if modified else 0.0)


def _check_reachable(target: S3Target, key: str, path: tuple[str, ...]) -> None:
    """Refuse keys such as `raw//x/y.csv`: a table at `raw/x/` would be found, without any rows."""
    folder = "/".join([*filter(None, [target.prefix]), *path[:-1]])
    if folder and key != target.prefix and not key.startswith(f"{folder}/"):
        raise ValueError(
            f"{key!a} is below a folder without a name, and it is not documented which table AWS finds there."
            " Rename the object or exclude it."
        )


def pick_samples(objects: Sequence[S3Object], sample_size: int | None) -> list[S3Object]:
    """Choose which objects to read: all, or a number in each leaf folder."""
    if not sample_size:
        return list(objects)
    taken: dict[tuple[str, ...], int] = {}
    chosen = []
    for item in objects:
        if taken.get(item.folder, 0) < sample_size:
            taken[item.folder] = taken.get(item.folder, 0) + 1
            chosen.append(item)
    return chosen
