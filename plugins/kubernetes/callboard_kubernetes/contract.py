"""What the contract suite runs this plugin with: one cluster, an id for each entity, and an object of each own type."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from callboard_sdk.testing import Samples

from .inventory import Found, Owned, Scope
from .kinds import WorkloadKind
from .manifests import Manifest, Meta
from .matching import ID, Wanted
from .selectors import Selector
from .summary import kubernetes_state
from .workloads import workload

CLUSTER = "contract"


def samples(folder: Path) -> Samples:
    """A cluster that the suite lets answer, or not."""
    now = datetime.now(UTC)
    owned = [_owned(name) for name in ("a", "b", "c")]
    wanted = Wanted(Selector.equal({ID: "a"}), "a")
    found = [[Found(CLUSTER, (one.scope,), (one,))] for one in owned]
    return Samples(
        settings={"clusters": [{"name": CLUSTER, "url": "https://cluster.invalid"}]},
        annotations={ID: "{name}"},
        parents=[*(workload(one, now) for one in owned), *(kubernetes_state(wanted, part, now) for part in found)],
    )


def _owned(name: str) -> Owned:
    return Owned(WorkloadKind.DEPLOYMENT, Manifest(metadata=Meta(name=name, namespace="shop")), Scope(CLUSTER, "shop"))
