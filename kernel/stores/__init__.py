"""Adapters of the event store port. Only composition roots choose one."""
