"""`python -m plan_review`."""

from plan_review.cli import main

main()
