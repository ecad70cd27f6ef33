#!/usr/bin/env bash
# Makes the base image of the stand-ins: base.sh IMAGE
# The host's certificates go along, and pip is told of them, because downloads may pass a TLS proxy.
set -euo pipefail
bundle=/etc/ssl/certs/ca-certificates.crt
mmdebstrap --quiet --variant=minbase --include=ca-certificates \
  --customize-hook="copy-in $bundle $(dirname $bundle)" trixie - |
  docker import --change "ENV PIP_CERT=$bundle" - "$1"
