#!/usr/bin/env bash
# Which stacks a change may touch: docker=["dev"] are compared by their plans, shared=["prod"] are previewed for real.
# What is not known to leave every stack alone touches all of them.
# Usage: changed-stacks.sh BASE HEAD
set -euo pipefail

changed=$(git -c core.quotePath=false diff --name-only --no-renames "$1" "$2")
all=false
touched=" "
while IFS= read -r file; do
  case $file in
    "") ;;
    Pulumi.yaml) all=true ;;
    Pulumi.*.yaml)
      stack=${file#Pulumi.}
      touched+="${stack%.yaml} "
      ;;
    policy/config/*.json)
      stack=${file#policy/config/}
      touched+="${stack%.json} "
      ;;
    *.md | LICENSE | docs/* | test/* | bench/* | examples/* | .github/* | .ci/*) ;;
    .gitignore | biome.json | vitest.config.ts | stryker.config.json) ;;
    *) all=true ;;
  esac
done <<< "$changed"

docker=""
shared=""
for file in Pulumi.*.yaml; do
  stack=${file#Pulumi.}
  stack=${stack%.yaml}
  # The name goes into commands and into JSON.
  [[ $stack =~ ^[A-Za-z0-9_.-]+$ ]] || continue
  [[ $all == true || $touched == *" $stack "* ]] || continue
  if grep -Eq "^ *[A-Za-z0-9_-]+:target: *['\"]?ec2['\"]? *(#.*)?\$" "$file"; then
    shared+=",\"$stack\""
  else
    docker+=",\"$stack\""
  fi
done
printf 'docker=[%s]\nshared=[%s]\n' "${docker#,}" "${shared#,}"
