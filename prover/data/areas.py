"""Which modules of Lean's library a data set draws from, grouped by subject.

Left out: the innards of tactics (`Init.Grind`, `Init.Omega`, `Std.Tactic`, `Std.Sat`), programs (`Std.Time`,
`Std.Sync`, `Std.Do`) and internal models of containers, whose theorems are steps of one proof and no mathematics.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Area → prefixes of module names. A module belongs to the first area with a prefix of its name.
AREAS: Mapping[str, tuple[str, ...]] = {
    "Nat": ("Init.Data.Nat",),
    "Int": ("Init.Data.Int",),
    "Rat": ("Init.Data.Rat", "Init.Data.Dyadic"),
    "List": ("Init.Data.List",),
    "Array": ("Init.Data.Array",),
    "Vector": ("Init.Data.Vector",),
    "Bool": ("Init.Data.Bool",),
    "Option": ("Init.Data.Option",),
    "Fin": ("Init.Data.Fin",),
    "BitVec": ("Init.Data.BitVec",),
    "machine integers": ("Init.Data.UInt", "Init.Data.SInt"),
    "String": ("Init.Data.String", "Init.Data.Char", "Init.Data.ByteArray"),
    "logic": ("Init.Core", "Init.PropLemmas", "Init.SimpLemmas", "Init.Classical", "Init.ByCases", "Init.Ext",
              "Init.WF", "Init.Data.Function", "Init.Data.Subtype", "Init.Data.Prod", "Init.Data.Sum"),
    "order": ("Init.Data.Order", "Init.Data.Ord", "Init.Data.AC", "Init.Data.BEq"),
    "ranges": ("Init.Data.Range", "Init.Data.Slice"),
    "algebra": ("Init.Grind.Ring.Basic", "Init.Grind.Ordered.Module", "Init.Grind.Ordered.Ring",
                "Init.Grind.Ordered.Order", "Init.Grind.Ordered.Linarith", "Init.Grind.Module.Basic",
                "Init.Grind.Ring.Field"),
    "monads": ("Init.Control.Lawful",),
    "hash maps": ("Std.Data.DHashMap", "Std.Data.HashMap", "Std.Data.HashSet", "Std.Data.ExtDHashMap",
                  "Std.Data.ExtHashMap", "Std.Data.ExtHashSet"),
    "tree maps": ("Std.Data.DTreeMap", "Std.Data.TreeMap", "Std.Data.TreeSet", "Std.Data.ExtDTreeMap",
                  "Std.Data.ExtTreeMap", "Std.Data.ExtTreeSet"),
}  # fmt: skip
_INTERNAL = (".Internal", ".Impl")


def area_of(module: str) -> str | None:
    """The area of a module; None for one that the data set does not draw from."""
    if any(f"{part}." in f"{module}." for part in _INTERNAL):
        return None
    for area, prefixes in AREAS.items():
        if any(module == p or module.startswith(p + ".") for p in prefixes):
            return area
    return None
