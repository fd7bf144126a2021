#!/usr/bin/env bash
# cargo-deny: licences, bans and sources always, advisories where their database can be fetched. The tool itself is
# built once into the build cache.
set -euo pipefail
tools="${CARGO_TARGET_DIR:?set by the Makefile}/tools"
version=0.20.2
export PATH="$tools/bin:$PATH"
if ! cargo-deny --version 2>/dev/null | grep -q "$version"; then
    echo "building cargo-deny $version (once)" >&2
    CARGO_TARGET_DIR="$tools/build" cargo install --quiet --locked --root "$tools" --version "$version" cargo-deny
    rm -rf "$tools/build"
fi
cargo-deny --log-level error --locked check licenses bans sources
if cargo-deny --log-level off --locked fetch db 2>/dev/null; then
    cargo-deny --log-level error --locked check advisories
else
    echo "advisories not checked: their database cannot be fetched from here" >&2
fi
