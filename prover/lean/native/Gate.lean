/-
The native soundness gate, run as `lake env lean --run Gate.lean STATEMENT.lean PROOF.olean [THEOREM]`; see `verify.py`.

The statement is elaborated here. Of the proof only the declarations in its object file are read: none of its code runs
in this process. One line of JSON is the answer; anything else is a failure of the gate, and no acceptance.
-/
import Lean.Elab.Frontend
import Lean.Replay
import Lean.Util.ForEachExpr

open Lean Elab

namespace EntailsGate

def standardAxioms : List Name := [``propext, ``Classical.choice, ``Quot.sound]

/-- Constants of the library that no proof may mention; the same table as in `prover/lean/gate.py`. -/
def forbidden : List (Name × String) := [
  (`sorryAx, "leans on `sorry`"),
  (`lcProof, "leans on `lcProof`, the compiler's unchecked proof"),
  (`Lean.ofReduceBool, "leans on the compiler through `Lean.ofReduceBool` (native_decide)"),
  (`Lean.ofReduceNat, "leans on the compiler through `Lean.ofReduceNat` (native_decide)"),
  (`Lean.trustCompiler, "leans on the compiler through `Lean.trustCompiler` (native_decide)"),
  (`Lean.reduceBool, "lets the kernel run compiled code through `Lean.reduceBool`"),
  (`Lean.reduceNat, "lets the kernel run compiled code through `Lean.reduceNat`")]

/-- The proof is refused (a false answer), or the statement is unusable (the asker's error). -/
inductive Stop where
  | refused (reason : String)
  | bad (reason : String)

abbrev GateM := ExceptT Stop IO

def refuse {α : Type} (reason : String) : GateM α := throw (.refused reason)
def bad {α : Type} (reason : String) : GateM α := throw (.bad reason)

abbrev Constants := Std.HashMap Name ConstantInfo

/-- The environment after a source, on its imports. -/
def elaborate (path : System.FilePath) : GateM Environment := do
  let input ← IO.FS.readFile path
  let context := Parser.mkInputContext input path.toString
  let (header, parserState, messages) ← Parser.parseHeader context
  -- `_stdin` is what `lean -o` calls a file, too: private names are made of it.
  let (base, messages) ← processHeader header {} messages context (mainModule := `_stdin)
  if messages.hasErrors then
    bad "The header of the statement does not work."
  let state ← IO.processCommands context parserState (Command.mkState base messages {})
  for message in state.commandState.messages.toList do
    if message.severity == .error then
      bad s!"The statement does not elaborate: {← message.data.toString}"
  return state.commandState.env

/-- Every constant that an expression mentions. -/
def mentioned (e : Expr) : GateM NameSet := do
  let found ← IO.mkRef ({} : NameSet)
  let visit (e : Expr) : GateM Unit := match e with
    | .const name _ => found.modify (·.insert name)
    -- A projection names its structure, which the kernel looks up.
    | .proj name _ _ => found.modify (·.insert name)
    | _ => pure ()
  e.forEach visit
  found.get

def valueOf : ConstantInfo → Option Expr
  | .defnInfo v => some v.value
  | .thmInfo v => some v.value
  | .opaqueInfo v => some v.value
  | _ => none

def kindOf : ConstantInfo → String
  | .axiomInfo _ => "axiom"
  | .defnInfo _ => "definition"
  | .thmInfo _ => "theorem"
  | .opaqueInfo _ => "opaque"
  | .quotInfo _ => "quotient"
  | .inductInfo _ => "inductive"
  | .ctorInfo _ => "constructor"
  | .recInfo _ => "recursor"

/-- What a constant leans on: its type, its value, and what is declared together with it. -/
def uses (info : ConstantInfo) : GateM (List Name) := do
  let inType ← mentioned info.type
  let inValue ← match valueOf info with
    | some value => mentioned value
    | none => pure {}
  let together := match info with
    | .inductInfo v => v.all ++ v.ctors
    | .ctorInfo v => [v.induct]
    | .recInfo v => v.all
    | _ => []
  return together ++ inType.toList ++ inValue.toList

def shown (name : Name) : String := toString ((privateToUserName? name).getD name)

def isUnsafe (info : ConstantInfo) : Bool := info.isUnsafe || info.isPartial

/-- The theorem asked for. -/
def choose (posed : Constants) (wanted : String) : GateM ConstantInfo := do
  let theorems := posed.toList.map (·.2) |>.filter fun info => kindOf info == "theorem" && !info.name.isInternalDetail
  let mut found := theorems
  if wanted != "" then
    let exact := theorems.filter fun info => shown info.name == wanted
    found := if exact.isEmpty then theorems.filter fun info => (shown info.name).endsWith s!".{wanted}" else exact
    if found.isEmpty then
      bad s!"The statement poses no theorem {wanted}."
  else
    let open_ ← theorems.filterM fun info => do return (← uses info).contains `sorryAx
    found := if open_.isEmpty then theorems else open_
  match found with
  | [one] => return one
  | [] => bad "The statement poses no theorem by name (an `example` has none to compare)."
  | _ => bad "The statement poses several theorems: name one."

def sameType (a b : ConstantInfo) : Bool := a.levelParams == b.levelParams && a.type == b.type

/-- Whether two constants declare the same thing. Two proofs of one proposition need not be the same. -/
def same (a b : ConstantInfo) : Bool :=
  kindOf a == kindOf b && isUnsafe a == isUnsafe b && sameType a b &&
    match a, b with
    | .inductInfo x, .inductInfo y => x.ctors == y.ctors
    | .thmInfo _, .thmInfo _ => true
    | _, _ => valueOf a == valueOf b

/-- The declarations of the proof that its theorem leans on, and the standard axioms among the rest. -/
partial def needed (base : Environment) (posed proof : Constants) (target : Name) :
    GateM (Constants × List Name) := do
  let rec go (todo : List Name) (done : NameSet) (found : Constants) (axioms : NameSet) :
      GateM (Constants × NameSet) := do
    match todo with
    | [] => return (found, axioms)
    | name :: rest =>
      if done.contains name then
        go rest done found axioms
      else
        let done := done.insert name
        match proof[name]? with
        | none =>
          if let some (_, reason) := forbidden.find? (·.1 == name) then
            refuse s!"the proof {reason}"
          go rest done found (if standardAxioms.contains name then axioms.insert name else axioms)
        | some info =>
          if base.contains name then
            refuse s!"the proof declares another {shown name} than the library"
          if kindOf info == "axiom" then
            refuse s!"the proof leans on {shown name}, an axiom that it declares"
          if isUnsafe info then
            refuse s!"the proof leans on {shown name}, which is unsafe"
          if let some other := posed[name]? then
            if name != target && !same info other then
              refuse s!"the proof declares another {shown name} than the statement"
          go ((← uses info) ++ rest) done (found.insert name info) axioms
  let (found, axioms) ← go [target] {} {} {}
  return (found, standardAxioms.filter axioms.contains)

/-- The theorem's name and the standard axioms used; throws otherwise. -/
def examine (statement proofFile : System.FilePath) (wanted : String) (chosen : IO.Ref String) :
    GateM (List Name) := do
  let environment ← elaborate statement
  let posed : Constants := environment.constants.foldStage2 (fun found name info => found.insert name info) {}
  let target ← choose posed wanted
  chosen.set (shown target.name)
  let (data, _) ← readModuleData proofFile
  let imports := environment.header.imports.map (·.module)
  unless data.imports.all (imports.contains ·.module) && imports.all ((data.imports.map (·.module)).contains ·) do
    refuse "the proof imports other modules than the statement"
  if data.constNames.size != data.constants.size then
    refuse "the proof's object file is damaged"
  let mut proof : Constants := {}
  for info in data.constants do
    proof := proof.insert info.name info
  let some info := proof[target.name]? | refuse s!"the proof declares no theorem {shown target.name}"
  unless kindOf info == "theorem" do
    refuse s!"{shown target.name} is no theorem in the proof but of kind {kindOf info}"
  unless sameType info target do
    refuse s!"{shown target.name} has another type in the proof than in the statement"
  -- Imported anew: whatever the statement's own commands did to their environment is not in it.
  let base ← importModules environment.header.imports {}
  let (constants, axioms) ← needed base posed proof target.name
  if let .error problem ← (base.replay constants).toBaseIO then
    refuse s!"the kernel does not accept the proof: {problem}"
  return axioms

def lift {α : Type} (work : GateM α) : IO (Except Stop α) :=
  try work.run catch error => return .error (.refused s!"the gate could not finish: {error}")

end EntailsGate

open EntailsGate in
unsafe def main (arguments : List String) : IO UInt32 := do
  let statement :: proof :: rest := arguments | return 2
  initSearchPath (← findSysroot)
  enableInitializersExecution
  let chosen ← IO.mkRef ""
  let answer ← match ← lift (examine statement proof (rest.headD "") chosen) with
    | .ok axioms => pure [("accepted", Json.bool true),
        ("axioms", Json.arr (axioms.map fun a => Json.str (toString a)).toArray)]
    | .error (.refused reason) => pure [("accepted", Json.bool false), ("reason", Json.str reason)]
    | .error (.bad reason) => pure [("accepted", Json.bool false), ("bad", Json.str reason)]
  IO.println (Json.mkObj (("theorem", Json.str (← chosen.get)) :: answer)).compress
  return 0
