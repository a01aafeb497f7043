"""Exact amounts, and how they compare."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

from callboard_sdk import Money

_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
_KEPT = Decimal("1e-10")
_CENT = Decimal("0.01")
ZERO = Decimal(0)


def money(amount: Decimal | None, currency: str) -> Money:
    """An amount rounded to ten decimals, without trailing zeros beyond the second; None is zero."""
    kept = (amount or ZERO).quantize(_KEPT, context=_EXACT)
    short = kept.normalize(_EXACT)
    exponent = short.as_tuple().exponent
    if not isinstance(exponent, int) or exponent > -2:
        short = short.quantize(_CENT, context=_EXACT)
    # Decimal has a negative zero, which no reader expects.
    return Money(amount=short or abs(short), currency=currency)


def add(one: Decimal, other: Decimal) -> Decimal:
    """The exact sum."""
    return _EXACT.add(one, other)


def change(now: Decimal | None, before: Decimal | None) -> float | None:
    """By which ratio an amount changed, rounded to four decimals; None unless there was an amount above zero."""
    if before is None or before <= 0:
        return None
    return round(float(((now or ZERO) - before) / before), 4)


def ratio(part: Decimal | None, whole: Decimal | None) -> float | None:
    """How much of the whole a part is, rounded to four decimals; None unless the whole is above zero."""
    return round(float((part or ZERO) / whole), 4) if whole is not None and whole > 0 else None
