"""Adds `example` to every Component."""

from callboard_sdk import Batch, Plugin, Settings, value
from callboard_sdk.entities import Component


class ExampleSettings(Settings):
    greeting: str = "Hello"
    """What to greet each component with."""


plugin = Plugin("example", settings=ExampleSettings, permissions={"example.read": "Read the greeting of a component."})


@value
class ExampleGreeting:
    """A greeting for one component."""

    text: str
    """The greeting itself."""


@plugin.field(on=Component, permission="example.read")
async def example(components: Batch[Component], settings: ExampleSettings) -> list[ExampleGreeting | None]:
    """A greeting for this component."""
    return [ExampleGreeting(text=f"{settings.greeting}, {component.name}!") for component in components]
