#!/usr/bin/env bash
# Installs the packages, and with `pulumi` as argument the Pulumi CLI for the steps that follow.
set -euo pipefail

npm ci --loglevel=error
if [[ ${1:-} == pulumi ]]; then node_modules/.bin/tsx tools/ci/pulumi-path.ts >> "$GITHUB_PATH"; fi
