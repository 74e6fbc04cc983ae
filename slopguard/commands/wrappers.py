"""The table of commands that start another one after some words of their own; data only."""

from __future__ import annotations

from dataclasses import dataclass

from slopguard.clients.argv import listed


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A wrapper with options, then some words of its own, then the command.

    Args:
        values: options that take a value.
        skip: how many words of its own stand before the command.
        dashes: the command follows `--` if that is there.
    """

    values: frozenset[str] = frozenset()
    skip: int = 0
    dashes: bool = False


def wrapper(values: str = "", skip: int = 0, *, dashes: bool = False) -> Wrapper:
    """One row: see `Wrapper`."""
    return Wrapper(frozenset(values.split()), skip, dashes)


_DOCKER_RUN = (
    "-e -v -w -u -p -m -h -l -c -a --name --env --volume --workdir"
    " --user --entrypoint --network --net --mount"
    " --platform --env-file --label --hostname --memory"
    " --cpus --gpus --publish --add-host --cap-add --cap-drop --device --ipc"
    " --pid --shm-size --ulimit --restart --log-driver --log-opt --tmpfs --volumes-from --cidfile --dns --expose --ip"
    " --link --runtime --security-opt --pull --attach --userns -f --file --project-name --profile --index"
)
_EXEC = "-e -u -w -n -c --env --user --workdir --env-file --detach-keys --namespace --container --context --index"
_ENVIRONMENT = "-n -p -e --name --prefix --cwd --env"
WRAPPERS: dict[str, Wrapper] = {
    "sudo": wrapper(
        "-u -g -h -p -C -T -r -t -D -R --user --group --host --prompt --chdir --chroot --role --type --close-from"
        " --command-timeout"
    ),
    "doas": wrapper("-u -C"),
    "time": wrapper("-f -o --format --output"),
    "exec": wrapper("-a"),
    "builtin": wrapper(),
    "nohup": wrapper(),
    "setsid": wrapper(),
    "nice": wrapper("-n --adjustment"),
    "ionice": wrapper("-c -n -p --class --classdata"),
    "timeout": wrapper("-s -k --signal --kill-after", 1),
    "gtimeout": wrapper("-s -k --signal --kill-after", 1),
    "stdbuf": wrapper("-i -o -e --input --output --error"),
    "strace": wrapper("-e -o -p -s -P -u -E -a -I -S"),
    "ltrace": wrapper("-e -o -p -s -u -n -a"),
    "taskset": wrapper("", 1),
    "chroot": wrapper("", 1),
    "chronic": wrapper(),
    "unbuffer": wrapper(),
    "fakeroot": wrapper(),
    "caffeinate": wrapper("-t -w"),
    "firejail": wrapper(),
    "gosu": wrapper("", 1),
    "su-exec": wrapper("", 1),
    "tini": wrapper("-p -e"),
    "dumb-init": wrapper("-r --rewrite"),
    "xvfb-run": wrapper("-e -f -n -p -s -w --server-args --server-num"),
    "busybox": wrapper(),
    "wsl": wrapper("-d -u --distribution --user --cd", dashes=True),
    "noglob": wrapper(),
    "nocorrect": wrapper(),
    "spawn": wrapper(),
    "then": wrapper(),
    "do": wrapper(),
    "else": wrapper(),
    "!": wrapper(),
    "&": wrapper(),
    "call": wrapper(),
    "start": wrapper(),
    "pyenv exec": wrapper(),
    "rbenv exec": wrapper(),
    "nodenv exec": wrapper(),
    "asdf exec": wrapper(),
    "mise x": wrapper("-C -j --cd --jobs -c --command", dashes=True),
    "mise exec": wrapper("-C -j --cd --jobs -c --command", dashes=True),
    "rtx exec": wrapper(dashes=True),
    "direnv exec": wrapper("", 1),
    "volta run": wrapper("--node --npm --pnpm --yarn --bundled-npm"),
    "conda run": wrapper(_ENVIRONMENT),
    "mamba run": wrapper(_ENVIRONMENT),
    "micromamba run": wrapper(_ENVIRONMENT + " -r --root-prefix"),
    "pixi run": wrapper("-e --environment --manifest-path"),
    "poetry run": wrapper(),
    "pdm run": wrapper("-p --project --venv"),
    "pipenv run": wrapper(),
    "rye run": wrapper("--pyproject"),
    "hatch run": wrapper(),
    "pnpm exec": wrapper("--filter -F -C --dir"),
    "yarn exec": wrapper(),
    "docker run": wrapper(_DOCKER_RUN, 1),
    "podman run": wrapper(_DOCKER_RUN, 1),
    "nerdctl run": wrapper(_DOCKER_RUN, 1),
    "docker exec": wrapper(_EXEC, 1),
    "podman exec": wrapper(_EXEC, 1),
    "nerdctl exec": wrapper(_EXEC, 1),
    "docker container": wrapper(),
    "compose run": wrapper(_DOCKER_RUN, 1),
    "compose exec": wrapper(_EXEC, 1),
    "docker-compose run": wrapper(_DOCKER_RUN, 1),
    "docker-compose exec": wrapper(_EXEC, 1),
    "kubectl exec": wrapper(_EXEC, 1, dashes=True),
    "oc exec": wrapper(_EXEC, 1, dashes=True),
    "oc rsh": wrapper(_EXEC, 1, dashes=True),
    "kubectl run": wrapper(_EXEC + " --image --restart --overrides", 1, dashes=True),
    "heroku run": wrapper("-a --app -s --size", dashes=True),
    "slopguard run": wrapper(dashes=True),
}
FAMILIES = frozenset(name.partition(" ")[0] for name in WRAPPERS if " " in name)
FAMILY_VALUES = listed(
    "--context --host -H --config -c -f --file -p --project-name -e --env --manifest-path -n --namespace"
    " --filter -F -C --dir --directory --project --profile --env-file -P"
)
