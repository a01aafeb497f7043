"""Which network addresses an upstream may not lead to: those that hand out a machine's own secrets.

Checked on the address that a name resolved to, at the moment of connecting, so that a name can't be changed in
between (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address

import httpx

_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "fd00:ec2::254",  # Amazon EC2 over IPv6
        "fd20:ce::254",  # Google Compute Engine over IPv6
        "100.100.100.200",  # Alibaba Cloud
        "192.0.0.192",  # Oracle Cloud, classic
        "168.63.129.16",  # Azure's platform services
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class RefusedAddress(httpx.ConnectError):
    """A host leads only to addresses that are refused."""


def is_refused(address: str) -> bool:
    """Whether this IP address is link-local (RFC 3927, RFC 4291), a cloud's metadata service, or no host's at all.

    An IPv4 address inside an IPv6 one (mapped, 6to4, Teredo, NAT64) is judged as itself.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    return any(_refused(one) for one in (ip, *_inner(ip)))


def _refused(ip: IPv4Address | IPv6Address) -> bool:
    return ip.is_link_local or ip.is_multicast or ip in _METADATA


def _inner(ip: IPv4Address | IPv6Address) -> list[IPv4Address]:
    if isinstance(ip, IPv4Address):
        return []
    inner = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
    if ip in _NAT64 or int(ip) >> 32 == 0:  # the latter is the old IPv4-compatible form, ::a.b.c.d
        inner.append(IPv4Address(int(ip) & 0xFFFFFFFF))
    return [one for one in inner if one is not None]
