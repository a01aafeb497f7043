"""What the roles that everybody begins with see of descriptors and of their past."""

from __future__ import annotations

import pytest
from gateway.testing import running_gateway

DESCRIPTOR = """apiVersion: a/v1
kind: Component
metadata: {name: web}
spec: {type: service, lifecycle: production, owner: group:sellers, region: north, profile: {email: a@example.com, team: red}}
"""
ASKS = '{ entity(ref: "component:default/web") { spec descriptor specValues { path } createdAt changedAt } }'
PAST = '{ entityAt(ref: "component:default/web", at: "2000-01-01T00:00:00Z") { ref } }'
SHOWN = {"type": "service", "lifecycle": "production", "owner": "group:sellers", "profile": {"email": "a@example.com"}}


@pytest.mark.parametrize("role", ["viewer", "developer", "finance"])
async def test_a_default_role_reads_of_a_spec_what_has_a_field_and_nothing_of_the_past(tmp_path, role):
    (tmp_path / "web.yaml").write_text(DESCRIPTOR)
    source = {"name": "test", "paths": [str(tmp_path / "web.yaml")], "root": str(tmp_path)}
    async with running_gateway(tmp_path, {"plugins": {"catalog": {"sources": [source], "refresh_seconds": 0}}}) as harness:
        answer = await harness.ask(ASKS, roles=(role,))
        entity = answer.data["entity"]
        assert entity["spec"] == SHOWN and entity["descriptor"]["spec"] == SHOWN
        assert (entity["specValues"], entity["createdAt"], entity["changedAt"]) == (None, None, None)
        answer = await harness.ask(PAST, roles=(role,))
        assert [error["extensions"]["code"] for error in answer.errors] == ["FORBIDDEN"]
        whole = (await harness.ask(ASKS, roles=("admin",))).data["entity"]
        assert whole["spec"]["region"] == "north" and whole["spec"]["profile"] == {"email": "a@example.com", "team": "red"}
        assert [one["path"] for one in whole["specValues"]] == ["region", "profile.team"] and whole["changedAt"]
