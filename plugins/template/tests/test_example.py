"""The plugin's own behaviour; the contract suite (`callboard plugin test example`) checks the rest."""

from callboard_example import ExampleSettings, example
from callboard_sdk import Batch
from callboard_sdk.testing import make_component


async def test_each_component_gets_its_own_greeting() -> None:
    components = Batch([make_component("web"), make_component("api")])
    greetings = await example(components, ExampleSettings(greeting="Hi"))
    assert [greeting.text for greeting in greetings] == ["Hi, web!", "Hi, api!"]
