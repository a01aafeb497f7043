"""The program `callboard`; `python -m gateway.cli` is the same, for a process that starts another of its own Python."""

from gateway.process import ours

from .main import main


def callboard() -> None:
    """Run the command that the arguments name, in a process that does nothing else."""
    ours()
    main()


if __name__ == "__main__":
    callboard()
