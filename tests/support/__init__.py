"""What the tests stand on: doubles that keep the contracts of the ports, builders, and real servers."""
