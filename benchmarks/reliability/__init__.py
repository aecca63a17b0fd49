"""What digitnet does when something is broken: damaged files, and whatever else happens to programs."""
