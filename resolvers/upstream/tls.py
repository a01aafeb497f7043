"""How connections to an upstream are secured: whom it is trusted by, and how the gateway shows who it is."""

from __future__ import annotations

import ssl

from callboard_sdk.errors import UpstreamError
from callboard_sdk.upstream import Upstream


def tls_context(upstream: Upstream) -> ssl.SSLContext | None:
    """The TLS settings of one upstream; None where its base URL is plain HTTP.

    Raises UpstreamError when a file of its settings can't be read, naming the setting and not the contents.
    """
    if not upstream.base_url.lower().startswith("https:"):
        return None
    try:
        context = _trusting(upstream)
    except (OSError, ssl.SSLError, ValueError):
        raise _unreadable(upstream, "ca", "a PEM file or PEM text with the certificate that signs the server's") from None
    if not upstream.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if upstream.certificate:
        certificate, key = upstream.certificate
        try:
            context.load_cert_chain(certificate, key, password=lambda: "")
        except (OSError, ssl.SSLError, ValueError):
            raise _unreadable(upstream, "certificate", "a PEM certificate file and its unencrypted PEM key file") from None
    return context


def _trusting(upstream: Upstream) -> ssl.SSLContext:
    ca = upstream.ca
    if ca is None:
        return ssl.create_default_context()  # by the authorities that the machine itself trusts
    if isinstance(ca, str) and "-----BEGIN" in ca:
        return ssl.create_default_context(cadata=ca)
    return ssl.create_default_context(cafile=str(ca))


def _unreadable(upstream: Upstream, setting: str, expected: str) -> UpstreamError:
    text = f"the {setting} of upstream {upstream.name} can't be read. Name {expected}."
    return UpstreamError(upstream.name, "UNREACHABLE", text, retryable=False)
