#!/bin/sh
# Puts signed lists in force: for a CI job that runs after each merge and once a day.
#
#   sh publish-lists.sh OUT
#
# It runs in a repository of lists (slopguard lists init), with slopguard on PATH, and writes the folder OUT, which any
# static server or bucket can serve. Nothing is asked; a list that people still have to sign waits, the others go out.
#
#   LISTS_CI_KEY  the private half of the CI key, as PEM; a secret of your CI that only this job can read
#   RENEW_DAYS        signatures that end within so many days are staged again (14)
#   PACK              also write everything into this one file, for machines without a network
#   PUSH              `no`: leave it to somebody else to commit metadata/, staged/ and bundles/ (yes)
#
# What it publishes goes back into the repository, because the next versions count on from there. If OUT is a worktree of
# a branch of the same repository, both branches are pushed in one step: either both move or none does.
set -eu

out=${1:?which folder? sh publish-lists.sh OUT}
: "${LISTS_CI_KEY:?the secret with the CI key is not set}"

commit() {
  git -C "$1" diff --cached --quiet || git -C "$1" \
    -c user.name="slopguard lists" -c user.email="lists@ci.invalid" \
    commit -q -m "Lists put in force [skip ci]"
}

slopguard lists build --renew "${RENEW_DAYS:-14}"
slopguard lists publish "$out" --ci-key env:LISTS_CI_KEY --ready ${PACK:+--pack "$PACK"}
unset LISTS_CI_KEY # nothing below needs it
slopguard lists verify "$out"

[ "${PUSH:-yes}" = yes ] || exit 0

mkdir -p staged # git does not keep an empty folder, and `add` insists on one
git add -A -- metadata staged bundles
commit .
branches=$(git rev-parse --abbrev-ref HEAD)
if [ "$(git -C "$out" rev-parse --show-toplevel)" != "$(git rev-parse --show-toplevel)" ]; then
  git -C "$out" add -A -- metadata targets
  commit "$out"
  branches="$branches $(git -C "$out" rev-parse --abbrev-ref HEAD)"
fi
# shellcheck disable=SC2086  # the names of one or two branches
git push -q --atomic origin $branches
