"""Lean expressions and goals, read from memory: keys for merging states, sizes, head constants.

Reading an expression node by node from Python costs a tenth of what printing it does, and its structure tells more.
`Expr` constructors: bvar, fvar, mvar, sort, const, app, lam, forallE, letE, lit, mdata, proj (tags 0 to 11). Each
carries a 64-bit word of data after its fields: hash (32 bits), depth (8), flags (fvar, mvar, level mvar, level
parameter), loose bound variables (20).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from prover.lean.embedded.objects import Objects

BVAR, FVAR, MVAR, SORT, CONST, APP, LAMBDA, FORALL, LET, LITERAL, MDATA, PROJECTION = range(12)
_HAS_FVAR, _HAS_MVAR = 1 << 40, 1 << 41

# Fields of Lean.MetavarDecl, LocalContext, LocalDecl
_DECL_NAME, _DECL_CONTEXT, _DECL_TYPE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class LocalVariable:
    """A local declaration: addresses are borrowed from the goal's context."""

    id: int  # hash of its FVarId
    name: str
    type: int
    value: int | None
    is_implementation_detail: bool
    binder: int  # 0 explicit, 1 implicit, 2 strict implicit, 3 instance


class Expressions:
    """Reads expressions. All addresses given are borrowed."""

    def __init__(self, objects: Objects) -> None:
        self.o = objects

    def data(self, e: int) -> int:
        """The node's cached word."""
        o = self.o
        at = e + 8 + 4 * o.u8[e + 6]
        low, high = o.u32[at >> 2], o.u32[(at >> 2) + 1]
        return low | high << 32

    def has_mvar(self, e: int) -> bool:
        return bool(self.data(e) & _HAS_MVAR)

    def name_hash(self, n: int) -> int:
        """The hash that a Name carries; 1723 for the anonymous one, as in Lean."""
        if n & 1:
            return 1723
        o = self.o
        at = (n + 8 + 4 * o.u8[n + 6]) >> 2
        return o.u32[at] | o.u32[at + 1] << 32

    def strip(self, e: int) -> int:
        """Without metadata around it."""
        while self.o.u8[e + 7] == MDATA:
            e = self.o.field(e, 1)
        return e

    def head(self, e: int) -> str:
        """The constant at the head; "∀" for a function type; "" for anything else."""
        o = self.o
        e = self.strip(e)
        while o.u8[e + 7] == APP:
            e = self.strip(o.field(e, 0))
        tag = o.u8[e + 7]
        return o.name(o.field(e, 0)) if tag == CONST else "∀" if tag == FORALL else ""

    def constants(self, *expressions: int) -> list[str]:
        """Names of all constants in the expressions, in order of first occurrence."""
        o = self.o
        found: dict[str, None] = {}
        seen: set[int] = set()
        stack = list(reversed(expressions))
        while stack:
            e = stack.pop()
            if e in seen:
                continue
            seen.add(e)
            tag = o.u8[e + 7]
            if tag == CONST:
                found[o.name(o.field(e, 0))] = None
            else:
                stack.extend(reversed(self.children(e, tag)))
        return list(found)

    def children(self, e: int, tag: int) -> tuple[int, ...]:
        """The direct subexpressions, borrowed."""
        f = self.o.field
        if tag == APP:
            return f(e, 0), f(e, 1)
        if tag in (LAMBDA, FORALL):
            return f(e, 1), f(e, 2)
        if tag == LET:
            return f(e, 1), f(e, 2), f(e, 3)
        if tag == MDATA:
            return (f(e, 1),)
        if tag == PROJECTION:
            return (f(e, 2),)
        return ()

    def fingerprint(self, e: int, variables: dict[int, int], memo: dict[int, tuple[int, int]]) -> tuple[int, int]:
        """(hash, size) of an expression up to bound names and metadata, free variables taken by their numbers.

        `variables`: FVarId hash → number. `memo` holds nodes already seen, for one set of variables. Closed
        subterms take Lean's own hash, which ignores binder names.
        """
        o, u8, u32 = self.o, self.o.u8, self.o.u32
        stack = [e]
        while stack:
            now = stack[-1]
            if now in memo:
                stack.pop()
                continue
            tag = u8[now + 7]
            if tag == APP:
                children = (u32[(now >> 2) + 2], u32[(now >> 2) + 3])
            elif tag <= CONST or tag == LITERAL:
                children = ()
            else:
                children = self.children(now, tag)
            waiting = [c for c in children if c not in memo]
            if waiting:
                stack.extend(waiting)
                continue
            stack.pop()
            if tag == MDATA:
                memo[now] = memo[children[0]]
            elif tag == FVAR:
                identity = self.name_hash(o.field(now, 0))
                memo[now] = hash((FVAR, variables.get(identity, identity))), 1
            elif not children:
                memo[now] = hash((tag, u32[(now + 8 + 4 * u8[now + 6]) >> 2])), 1
            else:
                parts = [memo[c] for c in children]
                extra = o.natural(o.field(now, 1)) if tag == PROJECTION else 0
                memo[now] = hash((tag, extra, *(h for h, _ in parts))), 1 + sum(s for _, s in parts)
        return memo[e]

    # Goals

    def local_variables(self, declaration: int) -> list[LocalVariable]:
        """The local context of a MetavarDecl, in order, implementation details included."""
        o = self.o
        array = o.pure(
            "l_Lean_PersistentArray_toArray___redArg", o.inc(o.field(o.field(declaration, _DECL_CONTEXT), 1))
        )
        out = []
        for item in o.items(array):
            local = o.option(item)
            if local is None:
                continue
            is_let = o.tag(local) == 1
            scalars = o.scalars(local, 2)
            # cdecl: binder, kind; ldecl: nondep, kind. Kind 1 is `implDetail`, 2 `auxDecl`.
            out.append(LocalVariable(
                self.name_hash(o.field(local, 1)), o.name(o.field(local, 2)), o.field(local, 3),
                o.field(local, 4) if is_let else None, scalars[1] != 0, 0 if is_let else scalars[0]))  # fmt: skip
        o.dec(array)
        return out

    def declaration_type(self, declaration: int) -> int:
        return self.o.field(declaration, _DECL_TYPE)


def pack_key(parts: tuple) -> int:
    """A stable number for a tuple of numbers, the same in every process."""
    return struct.unpack("<q", struct.pack("<q", hash(parts)))[0]
