"""The base of every settings model: frozen, and strict about unknown keys."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, SecretStr

from .yaml import Path

Secret = SecretStr
"""A setting that never shows in logs, errors or `repr`; read it with `.get_secret_value()`."""


class Settings(BaseModel):
    """One topic's settings. Unknown keys are refused; the reader reports all mistakes of a file at once."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, use_attribute_docstrings=True, hide_input_in_errors=True
    )

    def sources_of_plugins(self) -> Iterable[tuple[Path, str]]:
        """The sources that these settings expect plugins to bring, as `PLUGIN.NAME`, and where each stands.

        One that no plugin declares is a mistake of the settings.
        """
        return ()
