"""Lists files below paths with Spark's own file systems, such as S3A, and the job's credentials."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pyspark.sql import SparkSession

from awsglue.bookmarks import SourceFile
from awsglue.errors import unsupported
from glue_local_globs import excluder


def rooted(path: str) -> str:
    """A path in the form that Hadoop needs: a bare bucket name gets a trailing slash, or nothing is found."""
    return f"{path}/" if re.fullmatch(r"\w+://[^/]+", path) else path


def files_below(session: SparkSession, folders: Iterable[str], *, recurse: bool = True) -> list[SourceFile]:
    """List all files below folders, except those with a name or folder that begins with `_` or `.`."""
    return sorted(_files(session, folders, recurse=recurse), key=lambda file: file.path)


def has_files(session: SparkSession, folders: Iterable[str]) -> bool:
    """Whether there is any file below folders."""
    return any(True for _ in _files(session, folders, recurse=True))


def _files(session: SparkSession, folders: Iterable[str], *, recurse: bool) -> Iterator[SourceFile]:
    jvm: Any = session._jvm
    configuration = session._jsc.hadoopConfiguration()
    for folder in folders:
        pattern = jvm.org.apache.hadoop.fs.Path(rooted(folder))
        system = pattern.getFileSystem(configuration)
        for match in system.globStatus(pattern) or ():
            root = match.getPath()
            prefix = str(system.makeQualified(root).toString())
            files = system.listFiles(root, recurse)
            while files.hasNext():
                status = files.next()
                path = str(status.getPath().toString())
                if status.getLen() > 0 and not _is_hidden(path.removeprefix(prefix)):
                    yield SourceFile(path, int(status.getModificationTime()), int(status.getLen()))


def has_subfolders(session: SparkSession, folders: Iterable[str]) -> bool:
    """Whether any of the folders has folders in it."""
    jvm: Any = session._jvm
    configuration = session._jsc.hadoopConfiguration()
    for folder in folders:
        pattern = jvm.org.apache.hadoop.fs.Path(rooted(folder))
        system = pattern.getFileSystem(configuration)
        for match in system.globStatus(pattern) or ():
            if match.isDirectory() and any(each.isDirectory() for each in system.listStatus(match.getPath())):
                return True
    return False


def existing(session: SparkSession, folders: Iterable[str]) -> list[str]:
    """The existing paths. Patterns that match something stay patterns."""
    jvm: Any = session._jvm
    configuration = session._jsc.hadoopConfiguration()
    found = []
    for folder in map(rooted, folders):
        path = jvm.org.apache.hadoop.fs.Path(folder)
        matches = path.getFileSystem(configuration).globStatus(path)
        if matches is not None and len(matches) > 0:
            found.append(folder)
    return found


def check_compression(session: SparkSession, folders: Iterable[str], kind: str) -> None:
    """Check that files compressed in a way have the ending by which Spark knows it: others would be read as they are.

    Raises:
        GlueUnsupportedError: a file has another ending.
    """
    endings = {"gzip": ".gz", "bzip2": ".bz2"}
    if kind not in endings:
        unsupported(f"compressionType {kind}", f"use {' or '.join(endings)}")
    for file in files_below(session, folders):
        if not file.path.endswith(endings[kind]):
            unsupported(f"compressionType {kind} for {file.path}", f"name the file with the ending {endings[kind]}")


def without_excluded(files: Iterable[SourceFile], patterns: Iterable[str]) -> list[SourceFile]:
    """Leave out files that match a glob pattern such as `**.pdf`. Glue matches the whole path."""
    is_excluded = excluder(_scheme_free(pattern) for pattern in patterns)
    return [file for file in files if not is_excluded(_scheme_free(file.path))]


def parse_exclusions(text: Any) -> list[str]:
    """Read `exclusions`: a list, or a JSON text with a list."""
    if not text:
        return []
    return [str(pattern) for pattern in (json.loads(text) if isinstance(text, str) else text)]


def _is_hidden(relative: str) -> bool:
    return any(part.startswith((".", "_")) and "=" not in part for part in relative.split("/") if part)


def _scheme_free(path: str) -> str:
    return path.partition("://")[2] or path.removeprefix("file:")
