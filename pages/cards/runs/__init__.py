"""Runs of an experiment, while they train and after."""
