"""JupyterHub on a node that Cellgrant shares out; docs/jupyterhub.md explains the rest.

Servers and kernels need nothing from this file: they find the node's sidecar by themselves.
"""

from jupyterlab_cellgrant.hub import configure

c = get_config()  # noqa: F821 (JupyterHub provides it)

# Your own settings belong here, such as the authenticator, the spawner and its hooks.

# Last, so that hooks above are kept: lets the Hub state its groups (hub:NAME in cellgrant.yaml).
configure(c)
