"""From the declaration of a service to a running process."""
