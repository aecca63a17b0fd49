"""Pictures of digits: rendered under graded hardships or taken from a folder, read, counted, and told of in a page."""
