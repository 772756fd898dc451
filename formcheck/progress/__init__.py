"""What the sets of weeks add up to: what was asked and done, when to go on, how it changes."""
