"""The page of the format `html`: files that are put into one."""
