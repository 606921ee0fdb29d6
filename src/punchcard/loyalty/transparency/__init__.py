"""The transparency log: proof of the ledger and the audit trail that outlives who runs the server.

Entries are put into one order, hashed into Merkle trees (RFC 6962) and signed as checkpoints. Who
keeps a checkpoint elsewhere can tell later whether anything before it was changed; see
`docs/ledger.md`.
"""
