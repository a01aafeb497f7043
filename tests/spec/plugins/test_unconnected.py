"""An upstream whose client can't be made costs its own calls, and nothing else of its plugin."""

from callboard_sdk import Batch, Client, Clients, Plugin, Upstream, UpstreamError
from callboard_sdk.entities import Component
from company import make_company
from gateway.testing import running_gateway
from resolvers.upstream import UpstreamClient


def make_pair() -> Plugin:
    pair: Plugin = Plugin(
        "pair",
        permissions={"pair.read": "Read it."},
        upstreams=lambda settings: [Upstream("east", "nonsense://"), Upstream("west", "http://127.0.0.1:9")],
    )

    @pair.field(on=Component, permission="pair.read")
    async def east(components: Batch[Component], east: Client) -> list[str | None]:
        """Asked of the upstream without a client."""
        return [str((await east.get("/")).status) for _ in components]

    @pair.field(on=Component, permission="pair.read")
    async def west(components: Batch[Component], clients: Clients) -> list[str | None]:
        """Needs the other one only."""
        return [clients["west"].name for _ in components]

    return pair


ASK = """{
  components(first: 1) { nodes { name east west } }
  plugins { name health { state reason upstreams { name state lastError } } }
}"""


async def test_only_the_calls_on_that_upstream_fail_by_its_name(tmp_path, rules):
    settings = {"policies": {"rules": str(rules)}}
    async with running_gateway(tmp_path, settings, plugins=[make_company()[0], make_pair()], connect=UpstreamClient) as harness:
        answer = await harness.ask(ASK)
    assert answer.data["components"]["nodes"] == [{"name": "c000", "east": None, "west": "west"}]
    [error] = answer.errors
    assert error["path"] == ["components", "nodes", 0, "east"]
    assert error["extensions"] == {"code": "UPSTREAM", "retryable": False, "upstream": "east", "reason": "REFUSED"}
    health = next(plugin["health"] for plugin in answer.data["plugins"] if plugin["name"] == "pair")
    assert health["state"] == "FAILING"
    assert health["reason"].startswith("upstream east:")
    assert health["upstreams"] == [
        {"name": "east", "state": "FAILING", "lastError": health["reason"]},
        {"name": "west", "state": "OK", "lastError": None},
    ]


async def test_what_made_the_client_impossible_shows_only_where_its_text_is_made_for_clients(tmp_path, rules):
    def connect(upstream: Upstream) -> Client:
        if upstream.name == "east":
            raise OSError("/etc/secret/place")
        return UpstreamClient(upstream)

    settings = {"policies": {"rules": str(rules)}}
    async with running_gateway(tmp_path, settings, plugins=[make_company()[0], make_pair()], connect=connect) as harness:
        answer = await harness.ask(ASK)
        client = harness.gateway.plugins.runtimes["pair"].clients["east"]
        try:
            await client.post("/", {})
        except UpstreamError as error:
            posted = error
    assert answer.errors[0]["message"] == posted.message
    assert posted.message == "east has no client (OSError): correct its settings, and start the gateway again"
