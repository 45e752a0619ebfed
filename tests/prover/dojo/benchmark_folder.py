"""A small benchmark in LeanDojo's layout, made by hand, with the repository that it is of."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

FILES = {
    "Small/Basic.lean": """/-! Numbers. -/
namespace Small
theorem zero_add' (n : Nat) : 0 + n = n := by
  induction n with
  | zero => rfl
  | succ n ih => rw [← Nat.add_assoc, ih]

def twice (n : Nat) : Nat := n + n
@[simp] theorem twice_zero : twice 0 = 0 := by
  rfl
theorem twice_eq (n : Nat) : twice n = 2 * n := by
  unfold twice
  omega
end Small
""",
    "Small/Logic.lean": """theorem Small.swap {p q : Prop} (h : p ∧ q) : q ∧ p := by
  exact ⟨h.2, h.1⟩
theorem same : 1 + 1 = 2 := by
  rfl
""",
    "Small/More.lean": """theorem same (p : Prop) (𝕜 : p) : p := by
  exact 𝕜
""",
}
#: Name, file, first and last line, tactics with their states, and the premises used with their places.
THEOREMS = [
    ("Small.zero_add'", "Small/Basic.lean", 3, 6, [
        ("n : Nat\n⊢ 0 + n = n", "induction n with\n| zero => rfl\n| succ n ih => rw [← Nat.add_assoc, ih]", "no goals",
         [])]),
    ("Small.twice_zero", "Small/Basic.lean", 9, 10, [("⊢ twice 0 = 0", "rfl", "no goals", [])]),
    ("Small.twice_eq", "Small/Basic.lean", 11, 13, [
        ("n : Nat\n⊢ twice n = 2 * n", "unfold twice", "n : Nat\n⊢ n + n = 2 * n",
         [("Small.twice", "Small/Basic.lean", (8, 1), (8, 35))]),
        ("n : Nat\n⊢ n + n = 2 * n", "omega", "no goals", []),
    ]),
    ("Small.swap", "Small/Logic.lean", 1, 2, [("p q : Prop\nh : p ∧ q\n⊢ q ∧ p", "exact ⟨h.2, h.1⟩", "no goals", [])]),
    ("same", "Small/Logic.lean", 3, 4, [("⊢ 1 + 1 = 2", "rfl", "no goals", [])]),
    ("same", "Small/More.lean", 1, 2, [("p : Prop\n𝕜 : p\n⊢ p", "exact 𝕜", "no goals", [])]),
]  # fmt: skip
CORPUS = [
    {"path": ".lake/packages/lean4/src/lean/Init/Prelude.lean", "imports": [], "premises": [
        {"full_name": "Nat.add_assoc", "code": "theorem Nat.add_assoc : n + m + k = n + (m + k)", "start": [1, 1],
         "end": [1, 2], "kind": "theorem"}]},
    {"path": "Small/Basic.lean", "imports": [".lake/packages/lean4/src/lean/Init/Prelude.lean"], "premises": [
        {"full_name": "Small.zero_add'", "code": "theorem zero_add' (n : Nat) : 0 + n = n", "start": [3, 1],
         "end": [6, 41], "kind": "theorem"},
        {"full_name": "Small.twice", "code": "def twice (n : Nat) : Nat := n + n", "start": [8, 1], "end": [8, 35],
         "kind": "definition"}]},
    {"path": "Small/Logic.lean", "imports": ["Small/Basic.lean"], "premises": []},
    {"path": "Small/More.lean", "imports": [], "premises": []},
]  # fmt: skip
SPLITS = {"train": (1, 2, 3), "val": (0, 4, 5)}


def row(number: int, url: str, commit: str = "0" * 40) -> dict[str, Any]:
    """A theorem as a split has it."""
    name, path, start, end, tactics = THEOREMS[number]
    return {
        "url": url, "commit": commit, "file_path": path, "full_name": name, "start": [start, 1], "end": [end, 3],
        "theorem_statement": f"theorem {name}", "traced_tactics": [
            {"tactic": tactic, "state_before": before, "state_after": after, "annotated_tactic": [tactic, [
                {"full_name": n, "def_path": p, "def_pos": list(a), "def_end_pos": list(b)} for n, p, a, b in used]]}
            for before, tactic, after, used in tactics
        ],
    }  # fmt: skip


def make(folder: Path, url: str | None = None, hashes: bool = True) -> tuple[Path, Path]:
    """The folder of the splits, and that of the sources."""
    repo = folder / "repo"
    for path, text in FILES.items():
        (repo / path).parent.mkdir(parents=True, exist_ok=True)
        (repo / path).write_text(text, encoding="utf-8")
    where = url or str(repo)
    data = folder / "data"
    for strategy in ("random", "novel_premises"):
        (data / strategy).mkdir(parents=True)
        for split, numbers in SPLITS.items():
            rows = [row(n, where) for n in numbers]
            (data / strategy / f"{split}.json").write_text(json.dumps(rows), encoding="utf-8")
    lines = [json.dumps(file, ensure_ascii=False) + "\n" for file in CORPUS]
    (data / "corpus.jsonl").write_text("".join(lines), encoding="utf-8")
    metadata: dict[str, Any] = {"from_repo": {"url": where, "commit": "0" * 40}}
    if hashes:
        metadata["sha256"] = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in FILES.items()}
    (data / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    return data / "random", repo
