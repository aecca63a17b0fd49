"""Many pictures: two workers beside one process, and runs that are killed."""
