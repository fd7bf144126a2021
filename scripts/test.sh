#!/usr/bin/env bash
# What `make test` runs, quickest first, so that a mistake shows early. The test runner's summary comes last.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}

step() { printf '\n== %s\n' "$1" >&2; }

step "tools"
scripts/prepare.sh test
step "format"
$cargo fmt --check
step "lints"
$cargo clippy --all-targets --locked --no-deps --quiet -- -D warnings
step "documentation"
RUSTDOCFLAGS="-D warnings" $cargo doc --no-deps --locked --quiet --document-private-items
step "licences, bans, sources"
scripts/deny.sh
step "tests"
$cargo test --locked --lib --quiet
exec $cargo test --locked --test all -- --test-threads="${TEST_THREADS:-4}"
