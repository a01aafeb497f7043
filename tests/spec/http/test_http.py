"""GraphQL over HTTP: media types, statuses, and requests that are none."""

import asyncio
import gzip

import httpx
import orjson
import pytest
import structlog
from gateway.auth import AuthSettings, LocalIssuer
from gateway.configuration import read_configuration
from gateway.http.negotiation import GRAPHQL_JSON, JSON, negotiate
from gateway.http.page import CONTENT_SECURITY_POLICY
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.spec.http.connection import connection_to

JSON_HEADERS = {"content-type": "application/json"}


@pytest.fixture
async def client(company):
    harness, _ = company
    transport = httpx.ASGITransport(app=harness.gateway.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
def token(company, tmp_path):
    settings = read_configuration(tmp_path / "callboard.yaml", {}).settings.auth
    return LocalIssuer(settings.local, settings.audience).create("alice", ["admin"], seconds=60)


async def test_a_token_gives_its_roles_and_none_gives_nothing(client, token):
    body = {"query": "{ components(first: 1) { nodes { name } } }"}
    with_token = await client.post("/graphql", json=body, headers={"authorization": f"Bearer {token}"})
    without = await client.post("/graphql", json=body)
    assert with_token.json() == {"data": {"components": {"nodes": [{"name": "c000"}]}}}
    assert without.json()["data"] == {"components": None}
    assert without.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    "headers", [{"authorization": "Bearer not.a.token"}, {"authorization": "Basic eDp5"}, {"authorization": "Bearer"}]
)
async def test_a_wrong_token_is_401_and_not_anonymous(client, headers):
    answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_an_encoded_body_is_415_and_told_what_to_send(client):
    body = gzip.compress(b'{"query": "{ __typename }"}')
    answer = await client.post("/graphql", content=body, headers={**JSON_HEADERS, "content-encoding": "gzip"})
    assert answer.status_code == 415
    assert answer.json()["errors"][0]["message"] == "the body is encoded as gzip: send it as it is, without Content-Encoding"
    plain = await client.post("/graphql", json={"query": "{ __typename }"}, headers={"content-encoding": "identity"})
    assert plain.status_code == 200


async def test_several_authorization_headers_are_refused_whichever_is_good(client, token):
    good, bad = ("authorization", f"Bearer {token}"), ("authorization", "Bearer not.a.token")
    for headers in ([good, good], [good, bad], [bad, good], [good, ("Authorization", "Basic eDp5")]):
        answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
        assert answer.status_code == 401 and "several Authorization headers" in answer.text


async def test_an_oversized_token_is_refused(client):
    answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers={"authorization": f"Bearer {'a' * 100_000}"})
    assert answer.status_code == 401 and "longer than 8192" in answer.text and "aaaa" not in answer.text


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"{", 400, "not JSON"),
        (b"[]", 400, "a list"),
        (b"1", 400, "no JSON object"),
        (b"{}", 400, "no `query`"),
        (b"", 400, 'the body is empty: send {"query": "..."}'),
        (b'{"query": 1}', 400, "`query` is no string: send the document's text"),
        (b'{"query":"{a}","variables":[]}', 400, "`variables`"),
        (b'{"query":"{a}","operationName":1}', 400, "`operationName`"),
        (b'{"query":"{a}","extensions":1}', 400, '`extensions` is no object: send {"name": value}, or leave it out'),
        (b'{"query":"{ \xff }"}', 400, "the body is not UTF-8 at byte 13: send JSON in UTF-8"),
        ('{"query":"{a}"}'.encode("utf-16"), 400, "the body is not UTF-8 at byte 1: send JSON in UTF-8"),
        (b'{"query":"{a}","variables":' + b"[" * 5_000 + b"]" * 5_000 + b"}", 400, "depth limit exceeded"),
        (b'{"query":"' + b"x" * 300_000 + b'"}', 413, "raise `limits.body_bytes`"),
    ],
)
async def test_a_body_that_is_no_request_is_refused_with_what_to_send(client, body, status, says):
    answer = await client.post("/graphql", content=body, headers=JSON_HEADERS)
    assert answer.status_code == status
    assert says in answer.json()["errors"][0]["message"]


async def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent(company):
    harness, _ = company
    async with connection_to(harness.gateway.asgi) as connection:
        await connection.send("POST", length=300_000, expect="100-continue")
        status, _, body = await connection.answer()
    assert status == 413, "and not 100 Continue"
    assert b"larger than" in body


async def test_a_body_without_a_length_is_read_no_further_than_the_limit(company):
    harness, _ = company
    reads, sent = [], []

    async def receive():
        reads.append(1)
        return {"type": "http.request", "body": b" " * 100_000, "more_body": True}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    await harness.gateway.asgi(scope, receive, send)
    assert (sent[0]["status"], len(reads)) == (413, 3)


async def test_a_body_in_parts_is_one_request(company, token):
    harness, _ = company
    body = b'{"query": "{ components(first: 1) { totalCount } }"}'
    async with connection_to(harness.gateway.asgi) as connection:
        await connection.send("POST", body[:9], length=len(body), authorization=f"Bearer {token}")
        await asyncio.sleep(0.05)
        connection.writer.write(body[9:])
        assert (await connection.answer())[2] == b'{"data":{"components":{"totalCount":5}}}'


async def test_a_defect_of_the_gateway_is_masked_and_its_error_is_in_the_log(client, company, monkeypatch):
    def fail(*_):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(company[0].gateway.pipeline.policies.current, "decide", fail)
    monkeypatch.setattr("gateway.http.errors.log", logged := structlog.testing.CapturingLogger())
    answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers={"x-request-id": "abc-1"})
    error = answer.json()["errors"][0]
    assert (answer.status_code, error["extensions"]["code"], answer.headers["x-request-id"]) == (500, "INTERNAL", "abc-1")
    assert "secret" not in answer.text
    [line] = logged.calls
    assert line.kwargs["error_id"] == error["extensions"]["errorId"]
    assert str(line.kwargs["exc_info"]) == "secret detail"


async def test_other_ways_to_the_path_lead_to_it(company, client):
    assert (await client.get("/")).headers["location"] == "/graphql"
    assert (await client.post("/graphql/", json={"query": "{ __typename }"})).json() == {"data": {"__typename": "Query"}}
    mounted = Starlette(routes=[Mount("/gate", company[0].gateway.asgi)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=mounted), base_url="http://test") as outside:
        answer = await outside.post("/gate/graphql", json={"query": "{ __typename }"})
    assert answer.json() == {"data": {"__typename": "Query"}}


async def test_a_form_is_415_so_that_no_page_elsewhere_can_post(client):
    assert (await client.post("/graphql", data={"query": "{ __typename }"})).status_code == 415
    assert (await client.put("/graphql", json={"query": "{ __typename }"})).status_code == 405


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        ("{ " + "{a" * 30_000, "GRAPHQL_PARSE_FAILED"),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(60)) + " }", "LIMIT_EXCEEDED"),
    ],
)
async def test_a_document_that_can_not_run_is_refused_by_media_type(client, query, code):
    strict = await client.post("/graphql", json={"query": query}, headers={"accept": GRAPHQL_JSON})
    lenient = await client.post("/graphql", json={"query": query}, headers={"accept": JSON})
    assert (strict.status_code, lenient.status_code) == (400, 200)
    assert strict.json()["errors"][0]["extensions"]["code"] == code
    assert "data" not in strict.json()


async def test_get_reads_and_never_changes(client, token):
    headers = {"authorization": f"Bearer {token}"}
    read = await client.get(
        "/graphql",
        params={"query": "query Q($n: Int) { components(first: $n) { totalCount } }", "variables": '{"n": 1}'},
        headers=headers,
    )
    assert read.json() == {"data": {"components": {"totalCount": 5}}}
    change = await client.get("/graphql", params={"query": "mutation { rename(count: 1) }"}, headers=headers)
    assert change.status_code == 405
    assert (await client.post("/graphql", json={"query": "mutation { rename(count: 1) }"}, headers=headers)).json() == {
        "data": {"rename": 1}
    }


async def test_no_cache_on_the_way_keeps_an_answer_for_the_next_who_asks(client, token):
    asked = {"query": "{ viewer { subject } }"}
    headers = {"authorization": f"Bearer {token}"}
    answers = [
        await client.get("/graphql", params=asked, headers=headers),
        await client.get("/graphql", params=asked),
        await client.post("/graphql", json=asked, headers=headers),
        await client.get("/graphql", params={"query": "{ nonsense }"}, headers=headers),
        await client.get("/graphql", params=asked, headers={"authorization": "Bearer not.a.token"}),
        await client.put("/graphql", json=asked),
        await client.get("/api/catalog/entities", headers=headers),
    ]
    assert [answer.headers.get("cache-control") for answer in answers] == ["no-store"] * len(answers)


async def test_a_fragment_bomb_is_measured_without_unfolding(client):
    fragments = (
        "".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }} " for n in range(60))
        + "fragment F60 on Query { __typename }"
    )
    answer = await client.post("/graphql", json={"query": "{ ...F0 } " + fragments})
    assert answer.json()["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


async def test_health_metrics_and_request_ids(client):
    assert (await client.get("/healthz")).text == "ok\n"
    assert (await client.get("/readyz")).json()["ready"] is True
    answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers={"x-request-id": "abc-1"})
    assert answer.headers["x-request-id"] == "abc-1"
    forged = await client.get("/healthz", headers={"x-request-id": "a b\tc"})
    assert len(forged.headers["x-request-id"]) == 32
    assert 'callboard_requests_total{operation="query",outcome="ok"} 1.0' in (await client.get("/metrics")).text


async def test_a_browser_gets_the_page_under_a_strict_policy(client):
    page = await client.get("/graphql", headers={"accept": "text/html,application/xhtml+xml"})
    assert page.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY and "http" not in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("*/*", JSON),
        (JSON, JSON),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, {JSON}", GRAPHQL_JSON),
        (f"{JSON};q=0.5, {GRAPHQL_JSON};q=0.9", GRAPHQL_JSON),
        (f"{JSON}, {GRAPHQL_JSON}", JSON),
        ("text/html", None),
        (f"{JSON};q=0", None),
        (f"{JSON};q=high, {GRAPHQL_JSON};q=0.1", GRAPHQL_JSON),
        ("text/html, " * 100 + JSON, None),
    ],
)
def test_the_media_type_is_chosen_by_quality_and_then_by_order(accept, chosen):
    assert negotiate(accept, (GRAPHQL_JSON, JSON)) == chosen


async def test_a_path_where_nothing_is_says_where_something_is(client):
    answer = await client.get("/graphq")
    assert (answer.status_code, answer.text) == (
        404,
        "nothing is here: GraphQL, and its page for a browser, are at /graphql\n",
    )


@pytest.mark.parametrize("by", ["literal", "variable"])
async def test_a_ref_that_is_none_is_told_to_the_asker_and_is_nobody_elses_fault(tmp_path, by):
    from gateway.testing import running_gateway

    body = {"query": '{ entity(ref: "x") { id } }'}
    if by == "variable":
        body = {"query": "query ($ref: EntityRef!) { entity(ref: $ref) { id } }", "variables": {"ref": "x"}}
    settings = {"plugins": {"catalog": {}}, "auth": {"local": {"key_file": str(tmp_path / "key.pem")}}}
    async with running_gateway(tmp_path, settings) as harness:
        transport = httpx.ASGITransport(app=harness.gateway.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            [error] = (await client.post("/graphql", json=body, headers={"authorization": harness.bearer(["viewer"])})).json()[
                "errors"
            ]
    assert "'x' names no kind: write it in front, like component:x" in error["message"]
    assert error["extensions"]["code"] in ("BAD_ARGUMENT", "BAD_USER_INPUT")
