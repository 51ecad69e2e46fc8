"""Problems of a file that a user wrote, in terms of the file and not of the program that reads it."""

from __future__ import annotations

from pydantic import ValidationError

from etl_job.contract.validation_messages import in_words, list_problems, problem_path

__all__ = ["in_words", "list_problems", "problem_lines", "problem_path"]


def problem_lines(error: Exception, most: int) -> tuple[str, ...]:
    """The first problems, one per line: validation errors with their place, others in the error's own words."""
    if not isinstance(error, ValidationError):
        return tuple(str(error).splitlines()[:most])
    found = list_problems(error)
    return tuple(f"{problem_path(problem) or 'the file'}: {in_words(problem)}" for problem in found[:most])
