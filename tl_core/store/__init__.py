"""The only place that knows where things lie: the database and the workspace's folders (floor 1)."""
