"""Who asks, put together: the settings' issuers, the stored tokens, the groups of the catalog. One for each gateway."""

from .identity import Identity

__all__ = ["Identity"]
