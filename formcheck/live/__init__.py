"""A set or a circuit coached while it is done."""
