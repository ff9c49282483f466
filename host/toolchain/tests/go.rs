//! Steps in Go, built as their authors build them. On a machine without a Go that is new enough, all but the last
//! test say how to get one.

use std::fs;
use std::path::{Path, PathBuf};

use lockstep_core::contract::Contract;
use lockstep_toolchain::{Built, Error, Install, Toolchain};
use tempfile::TempDir;

const WIT: &str = "package shop:refunds@1.0.0;
interface events {
  record asked { order: string, cents: u64 }
  record approved { order: string }
  record denied { why: string }
}
world assess {
  use events.{asked, approved, denied};
  use lockstep:step/types@0.1.0.{failure};
  variant emits { approved(approved), denied(denied) }
  export on-asked: func(event: asked) -> result<emits, failure>;
  export on-denied: func(event: denied) -> result<_, failure>;
}
";

const ASKED: &str = "
func OnAsked(event events.Asked) (events.Emits, error) {
	return events.Approved{Order: event.Order}, nil
}
";

const DENIED: &str = "
func OnDenied(event events.Denied) error {
	return nil
}
";

/// The folder of a step in a folder of its own.
struct Step(TempDir);

impl Step {
    fn new(code: &str) -> Step {
        let step = Step(tempfile::tempdir().unwrap());
        step.with("step.toml", "language = \"go\"\n")
            .with("wit/world.wit", WIT)
            .with("go.mod", "module shop/assess\n\ngo 1.24\n")
            .with("step.go", &format!("package step\n\nimport \"shop/assess/gen/events\"\n{code}"))
    }

    fn with(self, path: &str, text: &str) -> Step {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn without(self, path: &str) -> Step {
        fs::remove_file(self.path().join(path)).unwrap();
        self
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("assess")
    }

    fn build(&self) -> Result<Built, Error> {
        let cache = lockstep_toolchain::user_cache().expect("a home");
        let toolchain = Toolchain { cache, target_dir: target(), install: Install::Never };
        toolchain.build(&[self.path()], &|_| {}).map(|mut built| built.remove(0))
    }

    /// What the author is told, without where this machine keeps his folder.
    fn told(&self) -> String {
        let error = self.build().expect_err("it is no step");
        error.to_string().replace(&format!("{}/", self.path().display()), "")
    }
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("guests")
}

fn refused(step: &Step, expected: &str) {
    assert_eq!(step.told(), format!("step `assess` could not be built:\n{expected}"));
}

#[test]
fn a_step_becomes_a_component_whose_contract_can_be_read() {
    let built = Step::new(&[ASKED, DENIED].concat()).build().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((built.name.as_str(), built.language.as_str()), ("assess", "go"));
    let contract = Contract::read(&built.component).expect("a step");
    let told: Vec<_> =
        contract.handlers.iter().map(|one| format!("{}: {} -> {}", one.name, one.takes, one.gives)).collect();
    assert_eq!(told, ["on-asked: asked -> approved | denied", "on-denied: denied -> nothing"]);
    let reached: Vec<_> =
        contract.imports.iter().filter(|import| import.name.starts_with("lockstep:")).collect();
    assert!(reached.iter().all(|import| import.class.as_str() == "types"), "{reached:?}");
}

#[test]
fn the_same_code_makes_the_same_bytes_wherever_it_lies() {
    let built = || Step::new(&[ASKED, DENIED].concat()).build().unwrap_or_else(|error| panic!("{error}"));
    assert!(built().component == built().component);
}

#[test]
fn several_steps_may_share_a_module_and_have_packages_beside_them() {
    let step = Step::new(&[ASKED, DENIED].concat()).without("go.mod").without("step.go");
    let code = "package step\n\nimport (\n\t\"shop/assess/gen/events\"\n\t\"shop/money\"\n)\n\nvar limit = money.Limit\n";
    let step = step
        .with("../go.mod", "module \"shop\" // ours\n\ngo 1.24\n")
        .with("../money/money.go", "package money\n\nconst Limit = 10_000\n")
        .with("step.go", &[code, ASKED, DENIED].concat());
    step.build().unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn names_that_mean_something_in_go_are_names_all_the_same() {
    let wit = "package shop:refunds@1.0.0;
        interface others { record left { %string: bool } }
        interface events {
          use lockstep:step/types@0.1.0.{json};
          enum a { b-c, d }
          enum a-b { c }
          record left { as-emits: u8, %type: string, a: a, ab: a-b, error: json }
        }
        world assess {
          include lockstep:step/imports@0.1.0;
          use events.{left};
          use others.{left as other-left};
          use lockstep:step/types@0.1.0.{failure};
          use lockstep:step/host-events@0.1.0.{input-required, human-response, step-failed};
          variant emits { left(left), again(left), other-left(other-left), ask(input-required) }
          export on-left: func(%type: left, handler: list<other-left>) -> result<emits, failure>;
          export on-answer: func(%string: human-response) -> result<option<emits>, failure>;
          export on-step-failed: func(failed: step-failed) -> result<list<left>, failure>;
        }";
    let code = "
func OnLeft(left events.Left, others []events.OthersLeft) (events.Emits, error) {
	if left.AsEmits_ == 0 && left.Ab == events.ABC_ && left.A == events.ABC {
		return events.EmitsAgain{Value: left}, nil
	}
	return others[0], nil
}

func OnAnswer(answer events.HumanResponse) (events.Emits, error) {
	return events.InputRequired{Prompt: string(answer.Response)}, nil
}

func OnStepFailed(failed events.StepFailed) ([]events.Left, error) {
	return []events.Left{{Type: failed.Message}}, nil
}
";
    let built = Step::new(code).with("wit/world.wit", wit).build().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(Contract::read(&built.component).expect("a step").handlers.len(), 3);
}

#[test]
fn code_that_does_not_compile_is_told_by_file_and_line() {
    let step = Step::new(&[&ASKED.replace("event.Order", "event.Cents"), DENIED].concat());
    refused(
        &step,
        "step.go:6:32: cannot use event.Cents (variable of type uint64) as string value in struct literal",
    );
}

#[test]
fn an_event_that_the_world_does_not_declare_does_not_compile() {
    let step = Step::new(&[&ASKED.replace("events.Approved{Order: event.Order}", "event"), DENIED].concat());
    refused(
        &step,
        "step.go:6:9: cannot use event (variable of struct type events.Asked) as events.Emits value in return \
         statement: events.Asked does not implement events.Emits (missing method AsEmits)",
    );
}

#[test]
fn a_handler_that_is_missing_or_another_is_told_as_its_author_writes_it() {
    refused(
        &Step::new(ASKED),
        "step.go: the handler `OnDenied` of world `assess` is missing; write `func OnDenied(event events.Denied) \
         error`",
    );
    let other = DENIED.replace("error {\n\treturn nil", "(string, error) {\n\treturn \"\", nil");
    refused(
        &Step::new(&[ASKED, &other].concat()),
        "step.go:9: `OnDenied` is not what world `assess` declares; write `func OnDenied(event events.Denied) \
         error` instead of `func(event events.Denied) (string, error)`",
    );
}

#[test]
fn what_the_world_does_not_import_is_told_with_the_line_to_add() {
    let step = Step::new("").with(
        "step.go",
        "package step\n\nimport \"shop/assess/gen/lockstep/state\"\n\nfunc remember() { state.Add(\"n\", 1) }\n",
    );
    refused(
        &step,
        "step.go:3:8: world `assess` does not import `lockstep:step/state`; add `import \
         lockstep:step/state@0.1.0;` to it",
    );
    let step = Step::new("").with(
        "step.go",
        "package step\n\nimport \"shop/assess/gen/lockstep\"\n\nfunc tell() { lockstep.Infof(\"%d\", 1) }\n",
    );
    refused(
        &step,
        "step.go:5:24: world `assess` does not import `lockstep:step/log`; add `import \
         lockstep:step/log@0.1.0;` to it",
    );
}

#[test]
fn a_folder_that_is_no_package_of_a_module_is_told_what_it_lacks() {
    let code = [ASKED, DENIED].concat();
    refused(
        &Step::new(&code).without("go.mod"),
        "go.mod is missing; write `module steps/assess` and `go 1.24` into it",
    );
    let step = Step::new(&code);
    let main =
        fs::read_to_string(step.path().join("step.go")).unwrap().replace("package step", "package main");
    refused(
        &step.with("step.go", &main),
        "step.go: its package is `main`; call it `step`, since the host calls its handlers",
    );
}

#[test]
fn a_world_that_is_none_is_told_by_file_and_line() {
    let step = Step::new("").with("wit/world.wit", &WIT.replace("cents: u64", "cents: money"));
    let told = step.told();
    assert!(told.starts_with("the WIT of step `assess`: "), "{told}");
    assert!(told.contains("wit/world.wit:3:40") && told.contains("`money`"), "{told}");
}

#[test]
fn a_package_of_the_sdk_goes_with_the_import_that_brought_it() {
    let step = Step::new(&[ASKED, DENIED].concat());
    let import = "world assess {\n  import lockstep:step/state@0.1.0;";
    let step = step.with("wit/world.wit", &WIT.replace("world assess {", import));
    step.build().unwrap_or_else(|error| panic!("{error}"));
    let state = step.path().join("gen/lockstep/state/state.go");
    assert!(state.exists());
    let step = step.with("wit/world.wit", WIT);
    step.build().unwrap_or_else(|error| panic!("{error}"));
    assert!(!state.exists());
}
