#!/bin/sh
# Checks the subject of a commit message, the file $1: "room: sentence", at most 72 characters.
set -eu

subject=$(head -n 1 "$1")
case "$subject" in
    "Merge "* | "Revert "* | "fixup! "* | "squash! "*) exit 0 ;;
esac
if [ "$(printf %s "$subject" | wc -m)" -gt 72 ]; then
    echo "The subject has more than 72 characters; what is left belongs into the body: $subject" >&2
    exit 1
fi
if ! printf %s "$subject" | grep -Eq '^[a-z][a-z_, -]*: [^ ].*[^.]$'; then
    echo "The subject is not \"room: what it does, without a full stop\": $subject" >&2
    exit 1
fi
