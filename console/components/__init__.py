"""What `guichet up` can start: each module says how one component is started and how one sees that it is ready."""
