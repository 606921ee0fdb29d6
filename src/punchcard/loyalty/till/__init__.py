"""The till: the only writer of balances, which takes operations in batches."""
