"""The environment read in process, against what Lean itself says of it."""

from __future__ import annotations

import random

import pytest

from prover.lean.embedded.environment import Environment, declaration
from prover.lean.embedded.printing import options
from prover.lean.protocol import BadSource, UnknownImport

LIBRARY = (("Init", b"\0\1\0"), ("Std", b"\0\1\0"))


@pytest.fixture(scope="module")
def read(lean):
    """Run a function on (session, environment of Init and Std), on Lean's thread."""

    def run(work):
        def asked(session):
            session.fresh(LIBRARY)
            return work(session, Environment(session))

        return lean.ask(asked)

    return run


@pytest.fixture(scope="module")
def survey(read):
    """All constants, their addresses void; and of 400 theorems and 100 inductive types whether each is a proposition.

    Together, since to read all constants takes seconds.
    """

    def look(_, e):
        printer = e.printer()
        found = [c for m in e.modules for c in e.constants(m.name)]
        chosen = random.Random(7).sample([c for c in found if c.kind == "theorem"], 400)
        types = random.Random(7).sample([c for c in found if c.kind == "inductive"], 100)
        judged = [[(c.name, printer.is_proposition(c.type)) for c in some] for some in (chosen, types)]
        printer.close()
        return found, judged

    return read(look)


@pytest.fixture(scope="module")
def constants(survey):
    """All constants by name."""
    return {c.name: c for c in survey[0]}


def test_every_module_stands_after_its_imports(read):
    modules = read(lambda _, e: e.modules)
    seen = set()
    for module in modules:
        assert seen.issuperset(module.imports), module
        seen.add(module.name)
    assert {"Init", "Std", "Init.Data.List.Lemmas"} <= seen and modules[0].name == "Init.Prelude"


def test_a_module_that_was_not_imported_is_not_there(read):
    assert read(lambda _, e: ("Lean.Elab" in e, "Init.Core" in e)) == (False, True)
    with pytest.raises(KeyError):
        read(lambda _, e: list(e.constants("Lean.Elab")))


@pytest.mark.parametrize(
    ("name", "kind", "module"),
    [
        ("Nat.add_comm", "theorem", "Init.Data.Nat.Basic"),  # kept as an axiom, since proofs are not shipped
        ("propext", "axiom", "Init.Core"),
        ("Classical.choice", "axiom", "Init.Prelude"),
        ("List.map", "definition", "Init.Prelude"),
        ("Nat", "inductive", "Init.Prelude"),
        ("Nat.succ", "constructor", "Init.Prelude"),
        ("Nat.rec", "recursor", "Init.Prelude"),
        ("Quot.mk", "quotient", "Init.Prelude"),
        ("Std.HashMap", "inductive", "Std.Data.HashMap.Basic"),
    ],
)
def test_what_a_constant_really_is(constants, name, kind, module):
    assert (constants[name].kind, constants[name].module) == (kind, module)


def test_only_lean_s_own_axioms_are_axioms(constants):
    axioms = {c.name for c in constants.values() if c.kind == "axiom" and c.usable}
    assert {"propext", "Classical.choice", "Quot.sound", "sorryAx"} <= axioms
    assert len(axioms) < 20 and "Nat.add_comm" not in axioms


def test_theorems_are_propositions_and_inductive_types_are_not(survey):
    theorems, types = survey[1]
    assert len(theorems) == 400 and [name for name, is_prop in theorems if not is_prop] == []
    assert len(types) == 100 and [name for name, is_prop in types if is_prop] == []


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("List.length_append", "simp"),
        ("List.length_append", "grind"),
        ("Prod.ext", "ext"),
        ("Eq.symm", "symm"),
        ("Iff.refl", "refl"),
        ("ite_congr", "congr"),
        ("Nat.add_comm", "protected"),
        ("instDecidableAnd", "instance"),
        ("Inhabited", "class"),
        ("Int.natCast_add", "norm_cast"),
        ("And.left", "projection"),
        ("Fin.val", "coe"),
    ],
)
def test_attributes(constants, name, attribute):
    assert attribute in constants[name].attributes


def test_attributes_are_not_given_to_everyone(constants):
    assert "simp" not in constants["Nat.add_comm"].attributes
    assert constants["Nat.le_of_lt_succ"].attributes == ()


@pytest.mark.parametrize("name", ["Nat.casesOn", "Nat.noConfusion", "List.cons.injEq", "List.map.eq_1", "Nat.rec"])
def test_generated_declarations_are_not_for_naming(constants, name):
    assert not constants[name].usable


@pytest.mark.parametrize("name", ["Or.elim", "Option.elim", "Nat.add_comm", "List", "List.cons", "Nat.le.step"])
def test_declarations_that_proofs_name_are_usable(constants, name):
    assert constants[name].usable


def test_no_internal_name_is_usable(constants):
    usable = [c.name for c in constants.values() if c.usable]
    assert len(usable) > 50_000
    assert [n for n in usable if "._" in n or "match_1" in n or n.startswith("_private")] == []


def test_usable_names_are_names_that_lean_reads_back_as_those_constants(read, constants):
    names = random.Random(3).sample(sorted(c.name for c in constants.values() if c.usable), 150)

    def unknown(session, _):
        source = "import Init\nimport Std\n" + "".join(f"#check @_root_.{n}\n" for n in names)
        done = session.elaborate(source)
        session.o.dec(done.state)
        return [m.text for m in done.messages if m.severity == "error"]

    assert read(unknown) == []


def test_types_and_signatures_are_printed_as_lean_does(read):
    def printed(session, e):
        c = next(c for c in e.constants("Init.Data.Nat.Basic") if c.name == "Nat.add_comm")
        plain = e.printer()
        chosen = options(session.sources, session.commands, {"pp.notation": False})
        other = e.printer(chosen)
        out = (plain.type(c.type), plain.signature(c.name_object), other.type(c.type), e.constants_in(c.type))
        plain.close()
        other.close()
        session.o.dec(chosen)
        return out

    kind, signature, unsugared, used = read(printed)
    assert kind == "∀ (n m : Nat), n + m = m + n"
    assert signature == "Nat.add_comm (n m : Nat) : n + m = m + n"
    assert unsugared == "∀ (n m : Nat), Eq (HAdd.hAdd n m) (HAdd.hAdd m n)"
    assert used == ["Nat", "Eq", "HAdd.hAdd", "instHAdd", "instAddNat"]


def test_an_option_that_lean_does_not_have_is_refused(read):
    with pytest.raises(ValueError, match=r"pp\.wrong"):
        read(lambda session, _: options(session.sources, session.commands, {"pp.wrong": True}))


def test_printing_leaks_nothing(read):
    def grown(session, e):
        printer = e.printer()
        found = [c for c in e.constants("Init.Data.List.Basic") if c.kind == "theorem"][:150]
        sizes = []
        for _ in range(6):
            for c in found:
                printer.type(c.type)
                printer.signature(c.name_object)
            sizes.append(session.instance.used)
        printer.close()
        return sizes

    sizes = read(grown)
    assert sizes[-1] == sizes[1]


def test_a_declaration_of_the_library_and_of_a_source(lean):
    there = lean.ask(lambda s: declaration(s, "Nat.add_comm"))
    assert (there.kind, there.module, there.type) == ("theorem", "Init.Data.Nat.Basic", "∀ (n m : Nat), n + m = m + n")
    source = "namespace A\ndef two : Nat := 2\ntheorem t : two = 2 := rfl\nend A"
    mine = lean.ask(lambda s: declaration(s, "A.t", source))
    assert (mine.kind, mine.module, mine.type) == ("theorem", None, "A.two = 2")
    assert lean.ask(lambda s: declaration(s, "A.two", source)).kind == "definition"
    assert lean.ask(lambda s: declaration(s, "A.none", source)) is None
    assert lean.ask(lambda s: declaration(s, "Std.HashMap", "import Std")).module == "Std.Data.HashMap.Basic"


def test_a_source_that_does_not_elaborate_has_no_declarations(lean):
    with pytest.raises(BadSource, match="does not elaborate"):
        lean.ask(lambda s: declaration(s, "t", "theorem t : 1 = 2 := rfl"))
    with pytest.raises(UnknownImport, match="Mathlib"):
        lean.ask(lambda s: declaration(s, "t", "import Mathlib"))
