"""Speed and memory of digitnet, beside its peers and the limit of the machine."""
