"""Whether the checkout is committed and pushed, so that others can see it."""

from __future__ import annotations

from pathlib import Path

from quartal.core import process
from quartal.core.errors import CommandError, ConfigurationError, ToolchainError

_GUARDED = frozenset({"prod"})


def refuse_unpublished(root: Path, environment: str, *, allowed: bool) -> None:
    """Stop an apply of prod from a tree that is not published.

    Raises:
        ConfigurationError: files are not committed, commits are not pushed, or this is no git checkout.
    """
    if allowed or environment not in _GUARDED:
        return
    problem = unpublished(root)
    if problem:
        raise ConfigurationError(
            f"'{environment}' is applied only from a tree that is committed and pushed: {problem}.",
            remedy="Commit and push, or use --allow-dirty if this is intended.",
        )


def unpublished(root: Path) -> str:
    """A description of what is missing on the remote; empty if nothing is."""
    try:
        changed = _git(root, "status", "--porcelain").splitlines()
    except (CommandError, ToolchainError):
        return "this is not a git checkout"
    if changed:
        return f"{changed[0][3:]} is not committed" + (f", nor are {len(changed) - 1} more" if changed[1:] else "")
    try:
        ahead = int(_git(root, "rev-list", "--count", "HEAD", "--not", "--remotes"))
    except (CommandError, ValueError):
        return "there is no commit yet"
    return f"commits that are on no remote: {ahead}" if ahead else ""


def _git(root: Path, *arguments: str) -> str:
    return process.run(["git", "-C", str(root), *arguments], timeout_s=60).stdout.rstrip()
