"""Faults really delivered, and what was lost, doubled or left uncertain by them: `make drill`.

A row of the table is one module and one line in `__main__.ROWS`. Each stands on throw-away stations of its own; only
processes started here are killed.
"""
