"""The client of upstreams: the one way out of the gateway, with all of its limits (design, section 11)."""

from .client import UpstreamClient
from .clock import Clock
from .health import LATENCY_BOUNDS, Health, State
from .limits import Limits
from .transport import TransportFactory, make_transport

__all__ = ["LATENCY_BOUNDS", "Clock", "Health", "Limits", "State", "TransportFactory", "UpstreamClient", "make_transport"]
