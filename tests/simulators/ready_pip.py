"""`sitecustomize` of a Python under test: environments that it makes get the pip that lies beside this file.

`python -m venv` unpacks and compiles its own pip each time, which takes two seconds; this is the same version.
"""

from __future__ import annotations

import os
import sys

if "venv" in sys.orig_argv:
    import venv
    from pathlib import Path
    from types import SimpleNamespace

    HERE = Path(os.path.realpath(__file__)).parent

    def put(self: venv.EnvBuilder, context: SimpleNamespace) -> None:
        """Link pip instead of unpacking it."""
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        for part in HERE.glob("pip*"):
            Path(context.env_dir, "lib", f"python{version}", "site-packages", part.name).symlink_to(part)
        for name in ("pip", "pip3", f"pip{version}"):
            script = Path(context.bin_path, name)
            script.write_text(
                f"#!{context.env_exe}\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n"
            )
            script.chmod(0o755)

    venv.EnvBuilder._setup_pip = put
