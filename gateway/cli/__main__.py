"""`python -m gateway.cli` is `callboard`, for a process that starts another of its own Python."""

from .main import main

main()
