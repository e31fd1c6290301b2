"""A soak: everything running for an hour at 500 facts a second, and what grew meanwhile that should not have."""
