"""The retry budget: how many retries an upstream's calls have earned."""

from __future__ import annotations


class RetryBudget:
    """Each call earns a share of a retry, each retry spends a whole one; at most `reserve` can be saved up.

    However many calls fail at once, retries add no more than that share to the load (beside the reserve).
    """

    __slots__ = ("_left", "_reserve", "_share")

    def __init__(self, share: float, reserve: float) -> None:
        self._share = share
        self._reserve = reserve
        self._left = reserve

    def earn(self) -> None:
        """A call is made."""
        self._left = min(self._reserve, self._left + self._share)

    def spend(self) -> bool:
        """Take one retry, if there is one."""
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
