"""The graph's types and fields of the catalog that are not in the plugin's own module."""
