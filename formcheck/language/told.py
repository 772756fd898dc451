"""What went wrong, told to a person."""


class FormcheckError(Exception):
    """Something cannot be done; the text says to a person what, where and what to do."""
