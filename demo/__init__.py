"""A made-up company for Callboard: its catalog, its money, its flaws, and servers that answer like its clusters and its CI."""
