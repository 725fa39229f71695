"""A run's folder, its child processes and the programs it needs: nothing of it is left afterwards, however the run ends."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CHILDREN: list[subprocess.Popen] = []
UNPACKED: dict[str, str] = {}  # the versions of packages that were fetched


@contextlib.contextmanager
def workplace(prefix: str, parent: str, programs: dict[str, str]):
    """A new folder below `parent`. `programs` has for each Debian package that is needed the program that shows that it is
    installed; what is missing is unpacked in the folder."""

    def end(number, _):
        sys.exit(128 + number)

    for number in ENDINGS:
        signal.signal(number, end)
    Path(parent).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    try:
        provide(programs, folder / "packages")
        yield folder
    finally:
        for number in ENDINGS:  # a second Ctrl-C does not stop the clearing up
            signal.signal(number, signal.SIG_IGN)
        for child in CHILDREN:
            if child.poll() is None:
                child.kill()
                child.wait()
        shutil.rmtree(folder, ignore_errors=True)
        for number in ENDINGS:
            signal.signal(number, end)


def start(command: list, **options) -> subprocess.Popen:
    """A child that the kernel ends with us, even when we are killed, and that does not hear the terminal's Ctrl-C: the
    clearing up ends it."""
    command = ["setpriv", "--pdeathsig", "KILL", *map(str, command)]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **options)
    CHILDREN.append(child)
    return child


def provide(programs: dict[str, str], folder: Path):
    """Fetches missing packages with apt and unpacks them: no root, no service started, no user made, and apt's own lists
    left alone. They need libc6 and libzstd1, which every Debian has."""
    missing = {package: program for package, program in programs.items() if shutil.which(program) is None}
    if not missing:
        return
    note(f"fetching Debian's {' and '.join(missing)}")
    for part in ("state/lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True)
    ours = ["-o", f"Dir::State={folder}/state", "-o", f"Dir::Cache={folder}/cache", "-o", "APT::Sandbox::User="]
    said("apt-get", "-q", *ours, "update", folder=folder)
    said("apt-get", "-q", *ours, "download", *missing, folder=folder)
    for archive in folder.glob("*.deb"):
        package, version = said("dpkg-deb", "--show", "--showformat=${Package} ${Version}", archive, folder=folder).split()
        said("dpkg-deb", "--extract", archive, folder, folder=folder)
        UNPACKED[package] = version
    os.environ["PATH"] = f"{folder}/usr/bin:{folder}/usr/sbin:{os.environ['PATH']}"
    for package, program in missing.items():
        if shutil.which(program) is None:
            raise RuntimeError(f"The package {package} has no {program}: install one that has, and try again.")


def version(package: str) -> str:
    if package in UNPACKED:
        return UNPACKED[package]
    command = ["dpkg-query", "-W", "-f", "${Version}", package]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def said(*command, folder: Path) -> str:
    """What a command printed; when it fails, that is the error."""
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        tail = (done.stdout + done.stderr)[-2000:]
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{tail}")
    return done.stdout


def note(text: str):
    print(f"… {text}", file=sys.stderr, flush=True)
