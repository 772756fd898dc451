"""What is said of a set that is over: findings, advice, pictures, the files they are kept in."""
