#!/usr/bin/env bash
# Makes sure of what the lab needs: a JDK or JRE of 17 or newer, Maven to fetch Kafka's and the registry's jars, and pip to
# fetch S3's double and the registry's Java. Installs them with apt where that is allowed, and says what is missing where
# it is not.
set -euo pipefail

missing=()
command -v java >/dev/null || missing+=(default-jre-headless)
[ -n "${KAFKA_HOME:-}" ] || command -v mvn >/dev/null || missing+=(maven)
python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
[ "${1:-}" != test ] || command -v promtool >/dev/null || missing+=(prometheus)
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "missing: ${missing[*]} (Debian's names). Install them and try again." >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        echo "missing: ${missing[*]}. Install them with: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo -n)
fi
echo "installing ${missing[*]}" >&2
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
