"""The data doctor: what is noticed about a dataset before anybody trains on it. Nothing here changes one."""
