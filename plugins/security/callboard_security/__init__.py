"""Security findings in the graph, from Trivy, SARIF and CycloneDX documents."""

from .plugin import plugin

__all__ = ["plugin"]
