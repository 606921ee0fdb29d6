"""Small tools every room uses: clock, ids, money, errors, settings, languages, secrets, logs."""
