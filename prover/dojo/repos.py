"""Where a theorem's source is: a folder, a checkout, a repository that lean-dojo traced, or a text in memory.

Nothing is fetched or traced, and git is not needed: a checkout's commit is read from its `.git` folder. A repository
that is known by its address alone has to be here already, in lean-dojo's cache or in a folder that `provide` names.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: The commit of a folder that is no checkout.
NO_COMMIT = "0" * 40
#: Folders of checkouts, separated as in PATH; a checkout is found by the name of its repository.
REPOS_VARIABLE = "ENTAILS_REPOS"
MEMORY = "memory:"
_HASH = re.compile(r"[0-9a-f]{40}")
_provided: dict[str, Path] = {}


class SourceMissing(Exception):
    """The source is not here; the sentence says what would bring it."""


def _normal(url: str) -> str:
    """An address without what does not matter in it."""
    found = re.fullmatch(r"git@github\.com:(.+?)", url)
    url = f"https://github.com/{found[1]}" if found else url
    return url.rstrip("/").removesuffix(".git")


def _is_address(url: str) -> bool:
    return re.match(r"[a-z+]+://|git@", url) is not None


def provide(url: str, folder: str | Path) -> None:
    """Say that `folder` holds the checkout of the repository at `url`."""
    _provided[_normal(url)] = Path(folder).absolute()


def head(folder: Path) -> str | None:
    """The commit that a checkout is at; None for a folder that is none."""
    git = folder / ".git"
    try:
        if git.is_file():  # a worktree or a submodule
            git = folder / git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        said = (git / "HEAD").read_text(encoding="utf-8").strip()
        if not said.startswith("ref:"):
            return said if _HASH.fullmatch(said) else None
        name = said.removeprefix("ref:").strip()
        common = git / "commondir"
        places = [git, git / common.read_text(encoding="utf-8").strip()] if common.is_file() else [git]
        for place in places:
            if (place / name).is_file():
                return (place / name).read_text(encoding="utf-8").strip()
            packed = place / "packed-refs"
            lines = packed.read_text(encoding="utf-8").splitlines() if packed.is_file() else []
            for line in lines:
                if line.endswith(f" {name}"):
                    return line.split()[0]
    except (OSError, UnicodeDecodeError):
        return None
    return None


@dataclass(frozen=True)
class LeanGitRepo:
    """A repository at a commit. `url`: an address, or the path of a local folder; `commit`: its hash or a tag.

    Making one reaches for nothing, unlike lean-dojo's; whether the sources are here is seen when they are read.
    """

    url: str
    commit: str = NO_COMMIT
    texts: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        url = str(self.url)
        if not url.startswith(MEMORY):
            url = _normal(url) if _is_address(url) else os.path.abspath(url)
        object.__setattr__(self, "url", url)

    @classmethod
    def from_path(cls, path: str | Path) -> LeanGitRepo:
        """A local folder, a git checkout or not. Raises ValueError where it is no folder."""
        folder = Path(path).absolute()
        if not folder.is_dir():
            raise ValueError(f"{path} is no folder")
        return cls(str(folder), head(folder) or NO_COMMIT)

    @property
    def name(self) -> str:
        return os.path.basename(self.url)

    @property
    def commit_url(self) -> str:
        return f"{self.url}/tree/{self.commit}"


def memory_repo(text: str, file: str) -> LeanGitRepo:
    """A repository of one file that is on no disk."""
    digest = hashlib.sha1(text.encode("utf-8", "surrogatepass")).hexdigest()
    return LeanGitRepo(f"{MEMORY}{digest}", digest, {file: text})


def folder_of(repo: Any) -> Path:
    """The folder with a repository's sources (its own class or lean-dojo's). Raises SourceMissing."""
    url, commit = str(repo.url), str(repo.commit)
    if not _is_address(url):
        folder = Path(url)
        if not folder.is_dir():
            raise SourceMissing(f"There is no folder {folder}.")
        return _at(folder, commit)
    user, name = _normal(url).split("/")[-2:]
    if _normal(url) in _provided:
        return _at(_provided[_normal(url)], commit)
    cache = Path(os.environ.get("CACHE_DIR") or Path.home() / ".cache/lean_dojo")
    traced = [cache / f"{owner}-{name}-{commit}" / name for owner in (user, "gitpython")]
    named = [Path(f) / name for f in os.environ.get(REPOS_VARIABLE, "").split(os.pathsep) if f]
    for folder in traced:
        if folder.is_dir():
            return folder
    for folder in named:
        if folder.is_dir():
            return _at(folder, commit)
    raise SourceMissing(
        f"The sources of {url} at {commit[:12]} are not here: get them with `git clone {url}` and `git checkout "
        f"{commit}`, and name the folder that {name} is in with {REPOS_VARIABLE}, or the checkout with "
        "prover.dojo.provide(url, folder)."
    )


def _at(folder: Path, commit: str) -> Path:
    """The folder, if it is at the commit, as far as that can be told."""
    found = head(folder)
    if found is not None and _HASH.fullmatch(commit) and commit != NO_COMMIT and found != commit:
        raise SourceMissing(f"The checkout {folder} is at commit {found[:12]}, not at {commit[:12]}: run `git checkout "
                            f"{commit}` there.")  # fmt: skip
    return folder


def read(repo: Any, path: Path) -> str:
    """The text of a file of a repository. Raises SourceMissing."""
    texts = getattr(repo, "texts", None)
    if texts and str(path) in texts:
        return texts[str(path)]
    if str(repo.url).startswith(MEMORY):
        raise SourceMissing(f"The text in memory has no file {path}.")
    file = folder_of(repo) / path
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise SourceMissing(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SourceMissing(f"{file} is not UTF-8 text.") from None


def is_available_in_cache(repo: Any) -> bool:
    """Whether a `Dojo` finds the repository's sources; nothing has to be traced for that."""
    try:
        folder_of(repo)
    except SourceMissing:
        return False
    return True


def get_latest_commit(url: str | Path) -> str:
    """The commit that a local checkout is at. Raises ValueError for anything else: nothing is fetched."""
    found = None if _is_address(str(url)) else head(Path(url))
    if found is None:
        raise ValueError(f"{url} is no local git checkout, and nothing is fetched: name the commit")
    return found
