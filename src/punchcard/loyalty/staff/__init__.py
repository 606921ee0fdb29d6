"""Who stands at the till: staff PINs, their lockout, and the tokens of a shift."""
