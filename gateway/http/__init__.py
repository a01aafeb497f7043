"""How requests come in: GraphQL over HTTP, the GraphiQL page, health and metrics."""
