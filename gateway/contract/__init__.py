"""The public contract as machines and people read it: OpenAPI, AsyncAPI, and a page of documentation."""
