"""A small register of missing and found people, made by code. Nobody in it is a child, and no face is made."""
