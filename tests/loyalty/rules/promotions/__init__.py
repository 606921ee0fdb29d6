"""Tests of promotions in the rules."""
