#!/usr/bin/env bash
# Builds an image whose RUN lines install through the gate of the command that this is started by:
#
#   slopguard run -- bash docker-build.sh -t app -f Dockerfile .
#
# The gate's address and its secret, which ends with the command, go into the build as BuildKit secrets: PIP_INDEX_URL for
# pip and `npmrc` for npm. Neither the image nor its history holds them. It must be bash: the name of npm's token is an
# address, and other shells lose such a variable.
set -euo pipefail
: "${SLOPGUARD_RUN:?start it with: slopguard run -- bash docker-build.sh ...}"

secrets=$(mktemp -d)
trap 'rm -rf "$secrets"' EXIT
given=()
if [ -n "${PIP_INDEX_URL:-}" ]; then
  given+=(--secret id=PIP_INDEX_URL,env=PIP_INDEX_URL)
fi
if [ -n "${npm_config_registry:-}" ]; then
  {
    printf '%s\n' "registry=$npm_config_registry" omit-lockfile-registry-resolved=true update-notifier=false
    env | sed -n -e 's|^npm_config_\(//[^=]*:_authToken=\)|\1|p' -e 's|^npm_config_\(@[^=]*:registry=\)|\1|p'
  } >"$secrets/npmrc"
  given+=(--secret "id=npmrc,src=$secrets/npmrc")
fi
docker build --network=host "${given[@]}" "$@"
