"""Types that are declared typed: answered unchecked, checked in development, and never able to spoil a whole response."""

import pytest
from callboard_sdk import Plugin, Settings, value
from gateway.testing import running_gateway


@value(typed=True)
class Reading:
    """What a gauge says."""

    level: int
    """How high."""
    note: str | None = None
    """What was written beside it."""


@value
class Loose:
    """The same, without a promise."""

    level: int
    """How high."""


def gauges(level, loose=1):
    plugin: Plugin[Settings] = Plugin("gauges", permissions={"gauges.read": "Read gauges."})

    @plugin.query(permission="gauges.read")
    async def reading() -> list[Reading] | None:
        """What the gauges say."""
        return [Reading(level=1), Reading(level=level)]

    @plugin.query(permission="gauges.read")
    async def loose_reading() -> Loose | None:
        """What another says."""
        return Loose(level=loose)

    return plugin


@pytest.fixture
def ask(tmp_path):
    (tmp_path / "rules.csv").write_text("p, admin, *, read, allow\n")

    async def ask(plugin, document, *, development):
        settings = {"policies": {"rules": str(tmp_path / "rules.csv")}, "server": {"development": development}}
        async with running_gateway(tmp_path, settings, plugins=[plugin]) as harness:
            return await harness.ask(document)

    return ask


async def test_what_a_typed_source_gives_is_answered_as_it_is(ask):
    answer = await ask(gauges(2), "{ reading { level note } }", development=False)
    assert answer.errors == []
    assert answer.data == {"reading": [{"level": 1, "note": None}, {"level": 2, "note": None}]}


async def test_development_finds_a_type_that_is_not_what_it_promises(ask):
    answer = await ask(gauges("high"), "{ reading { level } }", development=True)
    assert answer.data == {"reading": None}
    assert answer.errors[0]["path"] == ["reading", 1, "level"]


async def test_a_type_without_a_promise_is_always_checked(ask):
    answer = await ask(gauges(1, loose="high"), "{ reading { level } looseReading { level } }", development=False)
    assert answer.data == {"reading": [{"level": 1}, {"level": 1}], "looseReading": None}
    assert answer.errors[0]["path"] == ["looseReading", "level"]


async def test_a_broken_promise_spoils_one_value_and_is_told(ask):
    answer = await ask(gauges(object()), "{ reading { level } looseReading { level } }", development=False)
    assert answer.data == {"reading": [{"level": 1}, {"level": None}], "looseReading": {"level": 1}}
    assert answer.errors[0]["extensions"]["code"] == "INTERNAL"
    assert "class object is null here" in answer.errors[0]["message"]


@value
class Odd:
    """What its plugin promises and doesn't keep."""

    numbers: list[int] | None
    """No list."""
    level: int | None
    """No number."""


@pytest.mark.parametrize("field", ["numbers", "level"])
async def test_a_value_that_is_none_of_its_type_is_the_plugins_fault_and_not_the_askers(ask, field):
    plugin: Plugin[Settings] = Plugin("odd", permissions={"odd.read": "Read what is odd."})

    @plugin.query(permission="odd.read")
    async def odd() -> Odd | None:
        """What is odd."""
        return Odd(numbers=7, level="a secret word")

    answer = await ask(plugin, f"{{ odd {{ {field} }} }}", development=True)
    [error] = answer.errors
    assert (answer.data, error["path"]) == ({"odd": {field: None}}, ["odd", field])
    assert error["extensions"]["code"] == "INTERNAL" and error["extensions"]["errorId"]
    assert "secret" not in error["message"] and "Iterable" not in error["message"]
