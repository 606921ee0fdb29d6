"""Unit tests of the pages' modules, run by the Node that Playwright brings along."""
