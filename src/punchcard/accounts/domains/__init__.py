"""Domains of shops' own: who claims which, which are proven, and what links begin with."""
