"""How much memory and disk this process may still use (containers' limits included), and what to say when they fail."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path


def available_memory(proc: Path = Path("/proc"), cgroups: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes that can be allocated before something is killed: the machine's (with swap), or the tightest cgroup's.

    `proc` and `cgroups` are where those file systems are mounted. Page cache that the kernel would drop counts as
    available, in a cgroup too.
    """
    import psutil

    machine = psutil.virtual_memory().available + psutil.swap_memory().free
    return min([machine, *_cgroup_rooms(proc, cgroups)])


def _cgroup_rooms(proc: Path, cgroups: Path) -> list[int]:
    """What is left in each memory cgroup that this process is in (versions 1 and 2)."""
    try:
        lines = (proc / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return []
    rooms: list[int] = []
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            names = ("memory.max", "memory.current", "inactive_file")
            mounts = [cgroups, cgroups / "unified"]
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            mounts = [cgroups / "memory"]
        else:
            continue
        for mount in mounts:
            # In a container the path may be the host's; then only the mount itself, its own cgroup, is there.
            relative = Path(path.lstrip("/"))
            folders = [mount / relative, *(mount / parent for parent in relative.parents)]
            rooms += [room for folder in folders if (room := _room(folder, *names)) is not None]
    return rooms


def _room(folder: Path, limit: str, usage: str, cache: str) -> int | None:
    """What one cgroup has left, or None if it has no limit."""
    try:
        allowed = int((folder / limit).read_text())  # "max" is no number: no limit
        used = int((folder / usage).read_text())
        statistics = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        return max(0, allowed - used + int(statistics.get(cache, 0)))
    except (OSError, ValueError):
        return None


def free_disk(folder: Path) -> int:
    """Bytes free where `folder` is, or where it would be made."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def sentence_of(error: OSError) -> str:
    """An error of the file system while Lean is prepared, as a sentence."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"The disk ran full while Lean was prepared{where}: make room, or set ENTAILS_CACHE to a folder on "
            "another disk, and run `entails lean prepare`."
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
        return (
            f"The cache folder cannot be written{where}: {error.strerror}. Set ENTAILS_CACHE to a folder that can, "
            "and run `entails lean prepare`."
        )
    if error.errno == errno.ENOMEM:
        return "There is too little memory to prepare Lean: close other programs and run `entails lean prepare`."
    return f"Lean could not be prepared: {error.strerror or error}{where}."
