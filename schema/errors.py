"""What is wrong with the plugins as a whole."""

from __future__ import annotations

from callboard_sdk import RegistrationError


class StitchError(RegistrationError):
    """The plugins don't fit into one schema; `plugin` is the one to leave out so that the rest does."""

    def __init__(self, plugin: str, where: str, problem: str, remedy: str) -> None:
        super().__init__(where, problem, remedy)
        self.plugin = plugin
