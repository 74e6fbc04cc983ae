"""An agent's shell commands must not change what guards its user, however they are spelled."""

from __future__ import annotations

import pytest

from tests.agents.guarded import World, build, lines


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build(tmp_path_factory.mktemp("guarded"))


PERSONS = r"""
slopguard disable
slopguard trust .
slopguard allow pypi:flask-magic --why x
slopguard keys new ana
slopguard lists add pypi:flask --owner x --why y
slopguard review approve 3
slopguard --config x.toml disable
slopguard --config=x.toml trust https://registry.example/
/usr/local/bin/slopguard disable
python -m slopguard disable --yes
python3.12 -mslopguard disable
.venv/bin/python -I -m slopguard disable
uv run slopguard disable
uv run --with slopguard python -m slopguard trust .
uvx slopguard trust .
pipx run slopguard allow x
poetry run slopguard disable
sudo -u dev slopguard disable
env -i PATH=/bin slopguard disable
bash -c 'slopguard disable'
bash -lc "cd /tmp && slopguard disable"
eval "slop""guard disable"
echo $(slopguard disable)
echo `slopguard disable`
S=slopguard; $S disable
s\\lopguard disable
'slopguard' "disable"
$'slop\\x67uard' disable
f() { slopguard "$@"; }; f disable
alias sg=slopguard; sg disable
bash <<EOF\nslopguard disable\nEOF
echo 'slopguard disable' | sh
echo disable | xargs slopguard
yes | slopguard disable
if true; then slopguard disable; fi
timeout 5 slopguard disable &
slopguard run -- slopguard disable
cat > go.sh <<EOF\nslopguard disable\nEOF\nsh go.sh
python -c "import subprocess; subprocess.run(['slopguard', 'disable'])"
python -c "from slopguard.cli import main; main(['disable'])"
python - <<EOF\nfrom slopguard.guard.enabling import switch\nswitch.put_back(h, e)\nEOF
node -e "require('child_process').execSync('slopguard disable')"
sh ~/.local/share/slopguard/shims/undo.sh
cd ~/.local/share/slopguard/shims && ./undo.sh
export SLOPGUARD_HOME=/tmp/x
SLOPGUARD_HOME=/tmp/x pip install flask
env SLOPGUARD_HOME=/tmp/x pip install flask
env -u SLOPGUARD_HOME pip install flask
unset SLOPGUARD_HOME
export -n SLOPGUARD_HOME
set -gx SLOPGUARD_CONFIG /tmp/x
slopguard lists sync --reset-floor
slopguard lists export -o slopguard.toml
""".strip().split("\n")

UNINSTALLS = r"""
pip uninstall slopguard
pip3 uninstall -y slopguard
python -m pip uninstall -y Slopguard
uv pip uninstall slopguard
uv tool uninstall slopguard
uv remove slopguard
pipx uninstall slopguard
pipx uninstall-all
poetry remove slopguard
slopguard pip uninstall -y slopguard
""".strip().split("\n")

WRITES = r"""
rm slopguard.toml
rm -f ./slopguard.toml
unlink "slopguard.toml"
\\rm slopguard.toml
command rm slopguard.toml
/bin/rm slopguard.toml
busybox rm slopguard.toml
rm *.toml
rm -rf *
rm -rf .
rm -rf ../work
rm -rf ~
rm -rf ~/.claude
rm -rf .claude
rm -rf "$HOME/.claude/"
rm -rf ${HOME}/.local/share
rm -rf ~/.cl*
rm ~/.claude/set*.json
rm ~/.claude/settings.{json,local.json}
rm "$PWD/.claude/settings.json"
rm src/../.claude/settings.json
cd ~/.claude && rm settings.json
cd; cd .claude; rm settings.json
pushd ~/.claude; sed -i s/a/b/ settings.json
(cd ~ && cd .claude && rm settings.json)
F=.claude/settings.json; rm $F
F=~/.claude; rm "$F/settings.json"
for f in ~/.claude/*.json; do rm "$f"; done
for d in .claude .cursor; do rm -rf $d; done
echo .claude/settings.json | xargs rm
printf '%s\\n' slopguard.toml | xargs -n1 rm -f
find . -name '*.toml' | xargs rm
find . -name '*.toml' -delete
find ~/.claude -type f -exec rm {} +
find . -path './.claude/*' -delete
find . -maxdepth 1 -name '*.toml' -delete
sd strict observe slopguard.toml
crudini --set slopguard.toml '' mode observe
sort -uo slopguard.toml x
sed -i -e s/a/b/ slopguard.toml
ln -s ~/.claude/settings.json
rsync --remove-source-files slopguard.toml /tmp
patch -p1 -o slopguard.toml x
echo > ~+/slopguard.toml
python3 -c "import pathlib; p = pathlib.Path.home() / '.config' / 'slopguard' / 'keys'; p.rename('x')"
find . -name 'slop*' -execdir mv {} /tmp ;
find ~/.local -name '*.db' -exec rm -f {} +
rm "slopguard.toml"$EMPTY
env -C ~/.claude rm settings.json
a=(rm slopguard.toml); "${a[@]}"
X="rm slopguard.toml"; bash -c "$X"
g() { rm "$1"; }; g slopguard.toml
trap 'rm slopguard.toml' EXIT
case x in x) rm slopguard.toml;; esac
{ echo x; } > slopguard.toml
python -c 'import os;os.replace("x", "slopguard.toml")'
rm slopguard.{toml,x}
rm [s]lopguard.toml
rm ~dev/.claude/settings.json
rm -rf ~/.[a-z]*
deno eval 'Deno.removeSync("slopguard.toml")'
find . -type f -exec sed -i s/strict/lax/ {} ;
ls .claude/settings.json | xargs rm
xargs rm < list; rm -r ~/.config/slopguard
bash -c 'rm "$1"' _ slopguard.toml
$(echo rm) slopguard.toml
`which rm` slopguard.toml
R=rm; $R slopguard.toml
rm $(pwd)/.claude/settings.json
rm $(git rev-parse --show-toplevel)/.claude/settings.json
mv slopguard.toml x.toml
mv x.toml slopguard.toml
mv ~/.claude ~/.claude.bak
mv -t .claude /tmp/settings.json
cp /tmp/x slopguard.toml
cp /tmp/settings.json ~/.claude
cp /tmp/settings.json .claude/
install -m 644 x .cursor/hooks.json
ln -sf /dev/null .claude/settings.json
ln .claude/settings.json /tmp/x
ln -s ~/.claude/settings.json x
rsync -a --delete build/ ./
tee slopguard.toml < x
echo x | tee -a .claude/settings.json
echo x | sudo tee .claude/settings.json
dd if=/dev/null of=slopguard.toml
truncate -s 0 slopguard.toml
touch .codex/hooks.json
chmod -x ~/.local/share/slopguard/hooks/run
chmod 000 ~/.local/share/slopguard
chown root slopguard.toml
sed -i s/strict/observe/ slopguard.toml
sed -E -i.bak 's/a/b/' .claude/settings.json
sed -ni p slopguard.toml
gsed --in-place=x s/a/b/ slopguard.toml
perl -pi -e s/strict/observe/ slopguard.toml
perl -i.bak -ne print slopguard.toml
awk -i inplace 1 slopguard.toml
yq -i .mode=1 .claude/settings.json
echo '{}' > .claude/settings.json
echo '{}' > .claude/settings.local.json
echo x >> slopguard.toml
> slopguard.toml
: >| slopguard.toml
ls 2> slopguard.toml
ls &> slopguard.toml
ls > /dev/null > slopguard.toml
echo "$(date > slopguard.toml)"
cat /dev/null > ~/.claude/settings.json
cat > .cursor/hooks.json <<'EOF'\n{}\nEOF
exec 3> slopguard.toml
F=slopguard.toml; echo x > $F; F=/tmp/x
echo > "$HOME"/.claude/settings.json
echo > ~/.codeium/windsurf/hooks.json
echo > .clinerules/hooks/PreToolUse
rm ~/.config/opencode/plugin/slopguard.js
echo > .github/hooks/slopguard.json
rm ~/.local/share/slopguard/lists/$X
rm .claude/$X.json
rm ~/.local/share/slopguard/slopguard.db
sqlite3 ~/.local/share/slopguard/slopguard.db 'delete from ledger'
vim -c wq slopguard.toml
ed slopguard.toml <<EOF\n1d\nw\nEOF
patch slopguard.toml < x.patch
curl -so slopguard.toml https://registry.example/x
wget -O .claude/settings.json https://registry.example/x
git rm slopguard.toml
git mv slopguard.toml x
git clean -fdx
git -C .. rm work/slopguard.toml
git apply <<'EOF'\n--- a/slopguard.toml\n+++ b/slopguard.toml\n@@ -1 +1 @@\n-mode\n+\nEOF
rm -rf .venv
rm .venv/bin/pip
mv .venv/bin/.slopguard/pip .venv/bin/pip
echo > ~/.bashrc
sed -i '/slopguard/d' ~/.bashrc
cp /etc/skel/.bashrc ~/.bashrc
printf '[tool.slopguard]\\nmode="observe"\\n' >> pyproject.toml
npx rimraf .claude
npx del-cli slopguard.toml
python -c "open('slopguard.toml', 'w').write('')"
python3 -c "from pathlib import Path; (Path.home() / '.claude' / 'settings.json').unlink()"
python3 -c "import os\np = os.path.expanduser('~/.claude/settings.json')\nwith open(p, 'w') as f: f.write('')"
python - <<'EOF'\nimport shutil\nshutil.rmtree('/x/.claude'); open(f'{h}/.claude/settings.json', 'w')\nEOF
cat > x.py <<EOF\nopen('slopguard.toml','w')\nEOF\npython x.py
python -c "import os; os.system('rm slopguard.toml')"
node -e "require('fs').writeFileSync('.claude/settings.json', '{}')"
perl -e 'unlink "slopguard.toml"'
ruby -e 'File.write("slopguard.toml", "")'
awk 'BEGIN { print "" > "slopguard.toml" }'
claude config set -g disableAllHooks true
codex features disable hooks
rm $(which slopguard)
""".strip().split("\n")


@pytest.mark.parametrize("command", lines(PERSONS))
def test_what_only_a_person_may_run_is_refused(world: World, command: str) -> None:
    assert world.code(command) == "command"


@pytest.mark.parametrize("command", lines(UNINSTALLS))
def test_removing_slopguard_is_refused(world: World, command: str) -> None:
    assert world.code(command) == "uninstall"


@pytest.mark.parametrize("command", lines(WRITES))
def test_writing_to_what_is_protected_is_refused(world: World, command: str) -> None:
    assert world.code(command) == "write"
