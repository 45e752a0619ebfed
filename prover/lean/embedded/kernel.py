"""The environment as the kernel sees it: new constants, what they lean on, and adding them once more.

`set_option debug.skipKernelTC true` with `decide +kernel` proves `False` in today's Lean without an error or an
axiom; only a replay of every new declaration through the kernel, as lean4checker does, catches that. Here the
replay starts from an environment that this process imported itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from prover.lean.embedded.expressions import CONST, Expressions
from prover.lean.embedded.objects import UNIT, Objects

Kind: TypeAlias = Literal[
    "axiom", "definition", "theorem", "opaque", "quotient", "inductive", "constructor", "recursor"
]
KINDS: tuple[Kind, ...] = (
    "axiom", "definition", "theorem", "opaque", "quotient", "inductive", "constructor", "recursor",
)  # fmt: skip
_UNSAFE_DEFINITION, _SAFE_DEFINITION = 0, 1
_INDUCTIVE_DECLARATION = 6


class KernelRefusal(Exception):
    """The kernel does not accept a declaration; the message names it."""


@dataclass(frozen=True, slots=True)
class Constant:
    """One constant of an environment; `info` is its ConstantInfo, borrowed from the environment."""

    key: str
    name: str
    kind: Kind
    info: int
    type: int
    value: int | None
    is_unsafe: bool


class Kernel:
    """Reads environments and replays declarations. Environments are borrowed unless a method says otherwise."""

    def __init__(self, objects: Objects) -> None:
        self.o = objects
        self.expressions = Expressions(objects)

    def name_key(self, n: int) -> str:
        """A Name as a key: its hash tells a numeric part from a string of the same digits."""
        return f"{self.expressions.name_hash(n):x}:{self.o.name(n)}"

    def constant(self, info: int) -> Constant:
        o = self.o
        kind = KINDS[o.tag(info)]
        value = o.field(info, 0)
        base = o.field(value, 0)
        body = o.field(value, 1) if kind in ("definition", "theorem", "opaque") else None
        scalars = o.scalars(value, 3)
        unsafe = {"definition": scalars[0] == _UNSAFE_DEFINITION, "axiom": scalars[0] == 1, "opaque": scalars[0] == 1,
                  "inductive": scalars[1] == 1, "constructor": scalars[0] == 1}.get(kind, False)  # fmt: skip
        name = o.field(base, 0)
        return Constant(self.name_key(name), o.name(name), kind, info, o.field(base, 2), body, unsafe)

    def new_constants(self, environment: int) -> dict[str, Constant]:
        """What a source declared: the second stage of the environment's constants, by key."""
        o = self.o
        constants = o.pure("l_Lean_Environment_constants", o.inc(environment))
        out = {}
        for _, info in self._persistent_map(o.field(constants, 1)):
            constant = self.constant(info)
            out[constant.key] = constant
        o.dec(constants)
        return out

    def _persistent_map(self, node: int) -> Iterator[tuple[int, int]]:
        """Keys and values of a PersistentHashMap's node, borrowed."""
        o = self.o
        stack = [node]
        while stack:
            now = stack.pop()
            if o.tag(now) == 1:  # collision: two arrays
                yield from zip(o.items(o.field(now, 0)), o.items(o.field(now, 1)), strict=True)
                continue
            for entry in o.items(o.field(now, 0)):
                if entry & 1:
                    continue
                if o.tag(entry) == 0:
                    yield o.field(entry, 0), o.field(entry, 1)
                else:
                    stack.append(o.field(entry, 0))

    def find(self, environment: int, name: int) -> int | None:
        """The ConstantInfo (owned) of a Name (borrowed) in a kernel environment."""
        o = self.o
        found = o.call("lean_environment_find", o.inc(environment), o.inc(name))
        return None if found & 1 else o.take_field(found, 0)

    def used(self, constant: Constant) -> dict[str, int]:
        """Key → Name (borrowed) of every constant in a constant's type, value, and constructors."""
        o = self.o
        roots = [constant.type] + ([constant.value] if constant.value is not None else [])
        extra: list[int] = []
        value = o.field(constant.info, 0)
        if constant.kind == "inductive":
            extra += o.elements(o.field(value, 3))  # `all`: fields are base, parameters, indices, all, constructors
            extra += o.elements(o.field(value, 4))
        elif constant.kind == "constructor":
            extra.append(o.field(value, 1))
        elif constant.kind == "recursor":
            extra += o.elements(o.field(value, 1))
        out = {self.name_key(n): n for n in extra}
        out.update(self._names(roots))
        return out

    def _names(self, roots: list[int]) -> dict[str, int]:
        o, u8, x = self.o, self.o.u8, self.expressions
        names: set[int] = set()
        seen: set[int] = set(roots)
        stack = list(seen)
        while stack:
            e = stack.pop()
            tag = u8[e + 7]
            if tag == CONST:
                names.add(o.field(e, 0))
                continue
            if tag == 11:  # a projection names its structure, which the kernel looks up
                names.add(o.field(e, 0))
            for child in x.children(e, tag):
                if child not in seen:
                    seen.add(child)
                    stack.append(child)
        return {self.name_key(n): n for n in names}

    def same_expression(self, a: int, b: int) -> bool:
        """Structural equality up to the names of bound variables."""
        return a == b or self.o.call("lean_expr_eqv", a, b) & 0xFF == 1

    def level_parameters(self, info: int) -> list[str]:
        o = self.o
        return [self.name_key(n) for n in o.elements(o.field(o.field(o.field(info, 0), 0), 1))]

    def same_type(self, a: int, b: int) -> bool:
        """Whether two ConstantInfos have the same universe parameters and the same type."""
        return self.level_parameters(a) == self.level_parameters(b) and self.same_expression(
            self.constant(a).type, self.constant(b).type
        )

    def same(self, a: int, b: int) -> bool:
        """Whether two ConstantInfos declare the same thing: kind, universe parameters, type, value."""
        left, right = self.constant(a), self.constant(b)
        if left.kind != right.kind or left.is_unsafe != right.is_unsafe or not self.same_type(a, b):
            return False
        if left.kind == "inductive":
            o = self.o
            names = [[self.name_key(n) for n in o.elements(o.field(o.field(i, 0), 4))] for i in (a, b)]
            return names[0] == names[1]
        if left.value is None or right.value is None:
            return left.value is right.value
        # Two proofs of one proposition need not be the same.
        return left.kind == "theorem" or self.same_expression(left.value, right.value)

    def kernel_environment(self, environment: int) -> int:
        """The kernel's environment (owned) of an elaboration environment."""
        return self.o.call("lean_elab_environment_to_kernel_env", self.o.inc(environment))

    def unit(self, constant: Constant, constants: dict[str, Constant]) -> list[str]:
        """Keys of what is declared together with a constant: an inductive block with its constructors and recursors."""
        o = self.o
        value = o.field(constant.info, 0)
        if constant.kind == "constructor":
            block = [self.name_key(o.field(value, 1))]
        elif constant.kind == "inductive":
            block = [constant.key]
        elif constant.kind == "recursor":
            block = [self.name_key(n) for n in o.elements(o.field(value, 1))]
        else:
            return [constant.key]
        first = constants[block[0]]
        block = [self.name_key(n) for n in o.elements(o.field(o.field(first.info, 0), 3))]
        members = list(block)
        for key in block:
            members += [self.name_key(n) for n in o.elements(o.field(o.field(constants[key].info, 0), 4))]
        # Recursors are found by what they recurse on: nested types have some under numbered names.
        members += [c.key for c in constants.values() if c.kind == "recursor"
                    and self.name_key(next(iter(o.elements(o.field(o.field(c.info, 0), 1))))) in block]  # fmt: skip
        return members

    def replay(self, kernel: int, constants: dict[str, Constant], wanted: list[Constant]) -> int:
        """Add `wanted` (in dependency order) to a kernel environment (consumed); the new one, owned.

        Raises KernelRefusal with the first declaration that the kernel does not take, or makes otherwise.
        """
        o = self.o
        added: set[str] = set()
        for constant in wanted:
            if constant.key in added:
                continue
            value = o.field(constant.info, 0)
            if constant.kind in ("constructor", "recursor"):
                continue  # made by the kernel with their inductive type, and compared below
            if constant.kind == "inductive":
                block = [constants[self.name_key(n)] for n in o.elements(o.field(value, 3))]
                declaration = self._inductive(block, constants)
                added.update(c.key for c in block)
            elif constant.kind == "definition" and o.scalars(value, 1)[0] != _SAFE_DEFINITION:
                raise KernelRefusal(f"{constant.name} is marked unsafe or partial")
            else:
                declaration = o.constructor(KINDS.index(constant.kind), [o.inc(value)])
            added.add(constant.key)
            # lean_add_decl takes the environment, borrows the rest; no heartbeat limit, no cancel token.
            result = o.call("lean_add_decl", kernel, 0, declaration, UNIT)
            o.dec(declaration)
            if o.tag(result) != 1:
                o.dec(result)
                raise KernelRefusal(f"the kernel refuses the declaration {constant.name}")
            kernel = o.take_field(result, 0)
        for constant in wanted:
            name = o.field(o.field(o.field(constant.info, 0), 0), 0)
            made = self.find(kernel, name)
            if made is None or not self.same(made, constant.info):
                raise KernelRefusal(f"the kernel makes another {constant.name} than the one that the proof uses")
            o.dec(made)
        return kernel

    def _inductive(self, block: list[Constant], constants: dict[str, Constant]) -> int:
        """A Declaration of an inductive block, built from its InductiveVals."""
        o = self.o
        types = []
        for t in block:
            value = o.field(t.info, 0)
            constructors = []
            for n in o.elements(o.field(value, 4)):
                constructors.append(o.constructor(0, [o.inc(n), o.inc(constants[self.name_key(n)].type)]))
            name = o.field(o.field(value, 0), 0)
            types.append(o.constructor(0, [o.inc(name), o.inc(t.type), o.list(constructors)]))
        first = o.field(block[0].info, 0)
        levels, parameters = o.field(o.field(first, 0), 1), o.field(first, 1)
        unsafe = bytes([block[0].is_unsafe])
        return o.constructor(_INDUCTIVE_DECLARATION, [o.inc(levels), o.inc(parameters), o.list(types)], unsafe)
