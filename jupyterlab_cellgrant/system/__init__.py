"""One sidecar for every user of a node: who starts it, its door, and how users find it.

Called as its option ``--system`` is. JupyterHub is one way to have many users, not the only one.
"""
