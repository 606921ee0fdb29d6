"""Tests of tiers in the rules."""
