"""Rules of promises: what single cards are given, and what they set aside for a while."""
