"""`python -m digitnet`, for when the command is not on the path."""

from digitnet.cli import main

main()
