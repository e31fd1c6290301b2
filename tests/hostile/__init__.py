"""Hostile input: messages that somebody broke, or made to break us, through intake and everything behind it."""
