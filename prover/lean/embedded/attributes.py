"""Which attributes the declarations of a module carry, read from the entries that its .olean file keeps for extensions.

Lean has no one place for attributes: `simp` is an entry of the simp set, `@[reducible]` one of an extension of its own.
The tables say, for each extension, which word its entries stand for and where in an entry the declaration's Name is.
Attributes that only hold inside a namespace (`scoped`) or a section (`local`) are not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prover.lean.embedded.objects import Objects

_SIMP = {
    "Lean.Meta.simpExtension": "simp",
    "Lean.Meta.NormCast.normCastExt.up": "norm_cast",
    "Lean.Meta.NormCast.normCastExt.down": "norm_cast",
    "Lean.Meta.NormCast.normCastExt.squash": "norm_cast",
    "Lean.Meta.NormCast.pushCastExt": "push_cast",
    "Lean.Elab.Tactic.BVDecide.Frontend.bvNormalizeExt": "bv_normalize",
    "Lean.Elab.Tactic.BVDecide.Frontend.intToBitVecExt": "int_toBitVec",
    "Lean.Elab.Tactic.Omega.bitvec_to_nat": "bitvec_to_nat",
    "bool_to_prop": "bool_to_prop",
}
#: Extensions whose scoped entries begin with the Name.
_SCOPED = {
    "Lean.Meta.Ext.extExtension": "ext",
    "Lean.Meta.Rfl.reflExt": "refl",
    "Lean.Meta.Symm.symmExt": "symm",
    "Lean.Meta.congrExtension": "congr",
    "Lean.Meta.Monotonicity.monotoneExt": "partial_fixpoint_monotone",
    "Lean.Meta.coeExt": "coe",
}
#: Extensions whose entries are Names, or pairs that begin with one.
_PLAIN = {
    "Lean.classExtension": "class",
    "Lean.protectedExt": "protected",
    "Lean.noncomputableExt": "noncomputable",
    "Lean.matchPatternAttr": "match_pattern",
    "Lean.Linter.deprecatedAttr": "deprecated",
    "Lean.Elab.Term.elabAsElim": "elab_as_elim",
    "Lean.defeqAttr": "defeq",
    "Lean.externAttr": "extern",
    "Lean.Compiler.implementedByAttr": "implemented_by",
    "Lean.projectionFnInfoExt": "projection",
}
_REDUCIBILITY = {0: "reducible", 2: "irreducible"}
#: Extensions of what Lean generates for itself: nothing that one would name in a proof.
GENERATED = (
    "Lean.auxRecExt",
    "Lean.noConfusionExt",
    "Lean.Meta.completionBlackListExt",
    "Lean.Meta.Match.Extension.extension",
    "_private.Lean.AuxRecursor.0.Lean.sparseCasesOnExt",
    "Lean.Meta.congrKindsExt",
)


def read(o: Objects, extension: str, entry: int) -> Iterator[tuple[int, str]]:
    """(Name, attribute) of one entry (borrowed, and so the Name) of an extension; nothing for an unknown one."""
    if extension in _SIMP:
        reader: Callable[[Objects, int], int | None] | None = _simp_name
        attribute = _SIMP[extension]
    elif extension in _SCOPED:
        reader, attribute = _first, _SCOPED[extension]
    elif extension in _PLAIN:
        yield plain_name(o, entry), _PLAIN[extension]
        return
    elif extension == "Lean.Meta.Grind.grindExt":
        reader, attribute = _grind_name, "grind"
    elif extension == "Lean.Meta.instanceExtension":
        reader, attribute = _instance_name, "instance"
    elif extension == "Lean.Compiler.CSimp.ext":
        # A pair of functions and the theorem that equates them, which carries the attribute.
        reader, attribute = lambda o, e: o.field(e, 2), "csimp"
    elif extension == "reducibilityCore":
        status = o.field(entry, 1) >> 1
        if status in _REDUCIBILITY:
            yield o.field(entry, 0), _REDUCIBILITY[status]
        return
    else:
        return
    if o.tag(entry) == 0:  # 1: scoped
        name = reader(o, o.field(entry, 0))
        if name is not None:
            yield name, attribute


def plain_name(o: Objects, entry: int) -> int:
    """The Name that an entry is or begins with."""
    return entry if entry & 1 or o.tag(entry) in (1, 2) else o.field(entry, 0)


def _first(o: Objects, entry: int) -> int:
    return o.field(entry, 0)


def _simp_name(o: Objects, entry: int) -> int | None:
    """SimpEntry: 0 a theorem (its origin is its fifth field), 1 a definition to unfold, 2 the equations of one."""
    if o.tag(entry) == 1:
        return o.field(entry, 0)
    if o.tag(entry) == 0:
        origin = o.field(o.field(entry, 0), 4)
        return o.field(origin, 0) if o.tag(origin) == 0 else None
    return None


def _grind_name(o: Objects, entry: int) -> int | None:
    """Grind.Entry: 3 is an E-matching theorem, whose origin is its sixth field; the others begin with a Name."""
    if o.tag(entry) != 3:
        name = o.field(entry, 0)
        return None if name & 1 or o.tag(name) not in (1, 2) else name
    origin = o.field(o.field(entry, 0), 5)
    return o.field(origin, 0) if o.tag(origin) == 0 else None


def _instance_name(o: Objects, entry: int) -> int | None:
    """InstanceEntry: keys, value, priority, the declaration if it is one."""
    return o.option(o.field(entry, 3))
