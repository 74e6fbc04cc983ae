#!/usr/bin/env bash
# Builds an image whose RUN lines install through the gate of the command that this is started by:
#
#   slopguard run -- bash docker-build.sh -t app -f Dockerfile .
#
# The gate's address and its secret, which ends with the command, go into the build as BuildKit secrets: PIP_INDEX_URL
# for pip and `npmrc` for npm. Neither the image nor its history holds them. No other address and no token of your own is
# handed over. It must be bash: the name of npm's token is an address, and other shells lose such a variable.
set -euo pipefail
: "${SLOPGUARD_RUN:?start it with: slopguard run -- bash docker-build.sh ...}"

secrets=$(mktemp -d)
trap 'rm -rf "$secrets"' EXIT
given=()
if [[ ${PIP_INDEX_URL:-} == http://*@127.0.0.1:*/pypi/* ]]; then
  given+=(--secret id=PIP_INDEX_URL,env=PIP_INDEX_URL)
fi
if [[ ${npm_config_registry:-} == http://127.0.0.1:*/npm/* ]]; then
  {
    printf '%s\n' "registry=$npm_config_registry" omit-lockfile-registry-resolved=true update-notifier=false
    env | sed -n \
      -e 's|^npm_config_\(//127\.0\.0\.1:[^=]*:_authToken=\)|\1|p' \
      -e 's|^npm_config_\(@[^=]*:registry=http://127\.0\.0\.1:\)|\1|p'
  } >"$secrets/npmrc"
  given+=(--secret "id=npmrc,src=$secrets/npmrc")
fi
docker build --network=host "${given[@]}" "$@"
