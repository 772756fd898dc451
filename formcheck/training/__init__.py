"""What is to be done and what it adds up to: programmes, progression, trends, the calendar."""
