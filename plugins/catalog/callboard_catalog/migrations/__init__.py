"""The versions of the catalog's tables."""
