"""Real purchases replayed with growth: dates on points, tiers, a promotion and what is owed."""
