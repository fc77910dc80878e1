"""Documents that follow from the code: `docs/events.md`, the OpenAPI and the AsyncAPI contracts."""
