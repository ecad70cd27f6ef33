#!/usr/bin/env bash
# Deploys the commit that was previewed, held to the policies. An approval that comes too late does not bring back an
# older program: the newest commit of the branch has a run of its own.
# Usage: deploy.sh STACK (with GH_TOKEN, GITHUB_REPOSITORY, GITHUB_REF_NAME, PREVIEWED_COMMIT)
set -euo pipefail

stack=$1
here=$(dirname "${BASH_SOURCE[0]}")
refuse() {
  echo "Not deployed: $1" | tee -a "${GITHUB_STEP_SUMMARY:-/dev/null}" >&2
  exit 1
}

commit=$(git rev-parse HEAD)
[[ $commit == "$PREVIEWED_COMMIT" ]] || refuse "$commit is checked out, and $PREVIEWED_COMMIT was previewed."
newest=$(gh api "repos/$GITHUB_REPOSITORY/commits/$GITHUB_REF_NAME" --jq .sha)
[[ $newest == "$commit" ]] || refuse "$GITHUB_REF_NAME has gone on to $newest. Approve the run of that commit."

policies_file=$(mktemp)
trap 'rm -f "$policies_file"' EXIT
node_modules/.bin/tsx "$here/policy-arguments.ts" "$stack" > "$policies_file"
policies=()
while IFS= read -r argument; do policies+=("$argument"); done < "$policies_file"

pulumi up --stack "$stack" --yes --non-interactive "${policies[@]}"
