"""The worker: does what committed changes left to be done, and keeps the house."""
