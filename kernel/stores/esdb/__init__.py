"""What the EventStoreDB adapter is made of: events on the wire, the connection, the local copy and who keeps it."""
