"""Figures for Prometheus: of each process, and of what all of them share."""
