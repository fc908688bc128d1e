"""Pay once for knowledge, use it on every platform of the network."""
