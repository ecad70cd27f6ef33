#!/usr/bin/env bash
# Says in the summary which stacks get no preview, and why.
# Usage: not-previewed.sh '["prod"]' (with TRUSTED, PULUMI_BACKEND_URL)
set -euo pipefail

stacks=$1
[[ $stacks != "[]" ]] || exit 0
if [[ $TRUSTED != true ]]; then
  reason="a pull request from a fork gets no credentials. Someone who may push can preview it from a branch of this repository."
elif [[ -z ${PULUMI_BACKEND_URL:-} ]]; then
  reason="the variable PULUMI_BACKEND_URL of the repository is not set (docs/workflows.md)."
else
  exit 0
fi
echo "Not previewed: $stacks, because $reason" >> "${GITHUB_STEP_SUMMARY:-/dev/stdout}"
