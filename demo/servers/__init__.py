"""Local servers that answer like the company's Kubernetes clusters and its GitHub, so that plugins use their real clients."""
