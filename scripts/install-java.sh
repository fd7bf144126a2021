#!/bin/sh
# Installs what the lab stands on, a Java runtime (17 or newer) and Maven, where it is missing and apt may be used.
# Ends with 0 when both are there, and otherwise says what is missing.
set -eu

missing=""
command -v java >/dev/null 2>&1 || missing="$missing default-jre-headless"
command -v mvn >/dev/null 2>&1 || missing="$missing maven"
[ -n "$missing" ] || exit 0

say_and_fail() {
    echo "missing for the Kafka lab:$missing; $1" >&2
    exit 1
}

command -v apt-get >/dev/null 2>&1 || say_and_fail "install them with this machine's package manager"
if [ "$(id -u)" -eq 0 ]; then
    as_root=""
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    say_and_fail "run: sudo apt-get install -y --no-install-recommends$missing"
fi

echo "installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # both are lists of words
$as_root apt-get install -y --no-install-recommends $missing >&2 || {
    $as_root apt-get update >&2
    $as_root apt-get install -y --no-install-recommends $missing >&2
}
