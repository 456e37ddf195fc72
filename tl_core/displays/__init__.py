"""One question, one answer: a figure with its numbers, its sentence and its limits, for every door.

Page, slide, report and JSON place the same `Display`.
"""
