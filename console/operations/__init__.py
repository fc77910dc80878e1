"""What those who run Guichet do from a terminal: agents, parked facts, rebuilds, verification."""
