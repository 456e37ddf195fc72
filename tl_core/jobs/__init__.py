"""The queue and the supervisor that works it off, one process a job, without torch (floor 2)."""
