-- A worker that never starts: its chunk throws.
error("NO WORKER")
