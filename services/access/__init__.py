"""Who may see what, and who has looked: users and how they sign in, rights in the database, the log of readings."""
