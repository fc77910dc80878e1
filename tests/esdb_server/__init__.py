"""A test double of EventStoreDB that speaks its real protocol, for tests and demonstrations only.

No EventStoreDB server can be installed from the registries this project uses, so the real clients (esdbclient and the
npm `@eventstore/db-client`) are tested against this one: gRPC, the message classes that ship in the esdbclient wheel,
SQLite underneath. What is acknowledged survives `kill -9`; nothing else of a production server is promised.

In: Streams (Read with every form of reading and subscribing, Append, BatchAppend, Delete, Tombstone), stream metadata
and truncation, Gossip, ServerFeatures, TLS, basic authentication. Out: persistent subscriptions, projections, access
control lists, scavenging, replication (the nodes of a cluster share one directory; see `cluster`).

Start it with `python -m tests.esdb_server --data DIR`; `--help` tells the rest, faults to order included.
"""
