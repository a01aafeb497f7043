"""Random facets: what is counted by values, of which there are more than chance would ask for among all fields."""

from __future__ import annotations

from graphql import GraphQLObjectType

from .operations import Draft, Writer


class _FacetDraft(Draft):
    """One operation that counts, by keys that nothing can have as well."""

    filtered = 0.3
    odd = 0.5

    def root(self, query: GraphQLObjectType) -> str:
        """Facets."""
        return "entityFacets"


class FacetWriter(Writer):
    """Writes operations by chance that count."""

    draft = _FacetDraft
    introspects = 0.0
