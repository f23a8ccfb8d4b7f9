"""`python -m benchmarks` is the command line."""

from benchmarks.cli import main

main()
