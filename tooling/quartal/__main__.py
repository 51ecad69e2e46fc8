"""`python -m quartal` is the command `quartal`."""

from quartal.cli import main

main()
