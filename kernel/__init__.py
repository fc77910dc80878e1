"""What every service stands on: events, stores, the bus, read models, HTTP. It knows no service."""
