"""Backups of a register, and registers made from them: PostgreSQL's own programs, a manifest, and proof."""
