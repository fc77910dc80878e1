"""The public door: the API and the web pages, in front of the services.

It owns the route table, the session cache, the request limits and the pages. It keeps no store and no
durable state, and knows no rule of any service: it says who is calling, and the service decides.

Reading order: `routes` and `matching` (who may call what), `heads` (what may enter), `callers` and `sessions` (who is
calling), `upstream` (how a service is asked), `proxy` (the hot path), `views`, `export` and `pages` (what
is composed here), `door` (one request from arrival to answer), `main`.
"""
