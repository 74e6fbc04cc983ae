"""Commands that only read what guards the user, or change something else, run: no false alarm."""

from __future__ import annotations

import pytest

from tests.agents.guarded import World, build, lines


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build(tmp_path_factory.mktemp("guarded"))


FINE = r"""
ls -la
cat slopguard.toml
cat ~/.claude/settings.json
head -5 .claude/settings.json | grep hooks
grep -rn slopguard .
rg 'rm slopguard.toml' docs
git status && git diff slopguard.toml
git log -p -- .claude/settings.json
git add -A && git commit -m "rm slopguard.toml; echo > .claude/settings.json"
git checkout -b feature
git checkout main
git switch -c x
git stash list
git checkout -- src/main.py
git checkout .
git restore src
git reset --hard
git stash
git reset slopguard.toml
git restore --staged slopguard.toml
git clean -n
git apply --check x.patch
slopguard ask flask
slopguard check .
slopguard status --test
slopguard log --since 1d
slopguard enable --dry-run
slopguard enable
slopguard disable --dry-run
slopguard disable --help
slopguard trust list
slopguard keys list
slopguard lists status
slopguard --version
slopguard pip install flask
slopguard npm install left-pad
python -m slopguard check
SLOPGUARD_OFFLINE=1 slopguard ask flask
SLOPGUARD_ACTOR=agent slopguard ask flask
pip install slopguard
pip uninstall -y flask
uv remove flask
pipx list
echo slopguard disable
echo "run: slopguard disable" >> notes.txt
printf 'slopguard trust .\\n'
cat <<EOF > README.md\nRun `true`: slopguard disable\n> slopguard.toml\nEOF
rm -rf build
rm -rf build/* node_modules dist
rm -rf /tmp/x
rm build/out.txt
rm -rf "$BUILD_DIR"
rm -rf $TMPDIR/x
rm *.pyc
rm -rf ./*/__pycache__
rm -rf .gemini
mv src/main.py src/app.py
mv build ../build2
cp slopguard.toml /tmp/x
cp -r .claude /tmp/backup
cp src/main.py build/
cp -r src build/
touch src/new.py
chmod +x build/out.txt
find . -name '*.pyc' -delete
find . -type d -name __pycache__ -exec rm -rf {} +
find build -delete
find . -maxdepth 1 -name 'settings.json' -delete
crudini --get slopguard.toml '' mode
install -d build/new
yq .mode slopguard.toml
awk '{print $1}' slopguard.toml > /tmp/x
find . -name '*.toml'
find . -name '*.toml' -exec cat {} +
find . -type f -empty -delete
find . -maxdepth 1 -name '*.json' -delete
grep -rl foo src | xargs sed -i s/foo/bar/
grep -rl slopguard . | xargs grep -n x
ls | xargs echo rm
sed -n 1,5p slopguard.toml
sed 's/a/b/' slopguard.toml
sed -i 's/x/slopguard.toml/' README.md
sed -i s/1.0/1.1/ pyproject.toml
perl -ne print slopguard.toml
awk '{print $1}' slopguard.toml
jq .hooks ~/.claude/settings.json
jq . .claude/settings.json > /tmp/x.json
sqlite3 -readonly ~/.local/share/slopguard/slopguard.db .schema
python -c "print(open('slopguard.toml').read())"
python -c "import json; print(json.dumps(json.load(open('.claude/settings.json')), indent=1))"
python -c "open('out.txt', 'w').write('x')"
node -e "console.log(require('fs').readFileSync('.claude/settings.json', 'utf8'))"
python -m pytest tests -q 2>&1 | tail -5
npm test > out.log 2>&1
echo x > .claude/commands/do.md
echo x > .github/workflows/ci.yml
echo x >> .gitignore
mkdir -p .claude/agents .codex
rm .claude/commands/do.md
rm ~/.claude/CLAUDE.md
echo 'export PATH=~/bin:$PATH' >> ~/.bashrc
echo x > ~/.zshrc
rsync -a src/ build/
rsync -a --delete src/ build/
tar czf /tmp/x.tgz .claude
docker run --rm -v ~/.claude:/x img ls
curl -s https://registry.example/x -o out.txt
make install
cd ~/.claude && ls && cat settings.json
[[ $a > slopguard ]]
diff slopguard.toml <(git show HEAD:slopguard.toml)
export FOO=slopguard
unset FOO
codex exec "explain hooks"
claude -p "set up hooks"
""".strip().split("\n")


@pytest.mark.parametrize("command", lines(FINE))
def test_everything_else_runs(world: World, command: str) -> None:
    assert world.code(command) == ""
