"""The verbs of `python -m inspect_station`, a file for each group; `cli.py` lists them."""
