"""How what is stored is asked for: the filter language, lists, facets, searches, walks, and what changed."""
