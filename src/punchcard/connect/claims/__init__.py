"""Receipts: what a till prints for a guest, who puts it on their card later."""
