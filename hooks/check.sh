#!/bin/sh
# Judges every dependency that a repository writes down, in any CI with Python 3.11 or later and git. Run it at the root
# of the clone:
#
#   sh check.sh                        # all of it
#   sh check.sh main -o report.xml     # what is new since the branch `main`, and a report beside the text
#
# Which slopguard is installed, and with which settings it judges, comes from that branch and not from the change:
# ci/slopguard.txt, with the digests of slopguard and all it needs (uv pip compile --generate-hashes), and slopguard.toml.
# Exit codes: 0 fine, 1 blocked, 2 a file or a setting is wrong, 3 quarantined, 4 could not be verified.
set -eu

base=HEAD
if [ $# -gt 0 ]; then
  branch=$1
  shift
  git fetch -q --depth=1 origin "+refs/heads/$branch:refs/remotes/origin/$branch"
  base=origin/$branch
  set -- --diff="$base" "$@"
fi

scratch=$(mktemp -d)
settings=${XDG_CONFIG_HOME:-$HOME/.config}/slopguard/slopguard.toml
trap 'rm -rf "$scratch"' EXIT
if [ ! -e "$settings" ] && git cat-file -e "$base:slopguard.toml" 2> /dev/null; then
  mkdir -p "${settings%/*}"
  trap 'rm -rf "$scratch" "$settings"' EXIT
  git show "$base:slopguard.toml" > "$settings"
fi
git show "$base:ci/slopguard.txt" > "$scratch/slopguard.txt"
python3 -I -m venv "$scratch/guard"
"$scratch/guard/bin/pip" install --quiet --require-hashes -r "$scratch/slopguard.txt"
"$scratch/guard/bin/slopguard" check "$@"
