"""The server beside its peers: latency, requests a second, a soak, start, memory, the weight of the page."""
