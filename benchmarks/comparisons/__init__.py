"""The comparisons: each measures one thing, in turn with its peers, and gives a Result."""
