"""Cards and who holds them: found, shown, changed, blocked, replaced and erased."""
