//! Steps in Go, built as their authors build them. On a machine without a Go that is new enough they say how to get one.

mod step;

use std::fs;

use lockstep_core::contract::Contract;

use step::{Spelling, Step};

const GO: Spelling = Spelling {
    language: "go",
    main: ("step.go", "package step\n\nimport \"shop/assess/gen/events\"\n"),
    files: &[("go.mod", "module shop/assess\n\ngo 1.24\n")],
    asked: "
func OnAsked(event events.Asked) (events.Emits, error) {
	return events.Approved{Order: event.Order}, nil
}
",
    denied: "
func OnDenied(event events.Denied) error {
	return nil
}
",
};

/// A step with something else in the place of what stands in the first handler.
fn other(from: &str, to: &str) -> Step {
    GO.step(&[&GO.asked.replace(from, to), GO.denied])
}

/// All that the author is told.
fn refused(step: &Step, expected: &str) {
    assert_eq!(step.told(), format!("step `assess` could not be built:\n{expected}"));
}

#[test]
fn a_step_becomes_a_component_whose_contract_can_be_read() {
    step::becomes_a_component(&GO);
}

#[test]
fn the_same_code_makes_the_same_bytes_wherever_it_lies() {
    step::is_the_same_wherever_it_lies(&GO, GO.asked);
}

#[test]
fn several_steps_may_share_a_module_and_have_packages_beside_them() {
    let code = "package step\n\nimport (\n\t\"shop/assess/gen/events\"\n\t\"shop/money\"\n)\n\nvar limit = money.Limit\n";
    GO.whole()
        .without("go.mod")
        .with("../go.mod", "module \"shop\" // ours\n\ngo 1.24\n")
        .with("../money/money.go", "package money\n\nconst Limit = 10_000\n")
        .with("step.go", &[code, GO.asked, GO.denied].concat())
        .built();
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
          export on-step-failed: func(arg0: step-failed) -> result<list<left>, failure>;
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
    let built = GO.step(&[code]).with("wit/world.wit", wit).built();
    assert_eq!(Contract::read(&built.component).expect("a step").handlers.len(), 3);
}

#[test]
fn code_that_does_not_compile_is_told_by_file_and_line() {
    refused(
        &other("event.Order", "event.Cents"),
        "step.go:6:32: cannot use event.Cents (variable of type uint64) as string value in struct literal",
    );
}

#[test]
fn an_event_that_the_world_does_not_declare_does_not_compile() {
    refused(
        &other("events.Approved{Order: event.Order}", "event"),
        "step.go:6:9: cannot use event (variable of struct type events.Asked) as events.Emits value in return \
         statement: events.Asked does not implement events.Emits (missing method AsEmits)",
    );
}

#[test]
fn a_handler_that_is_missing_or_another_is_told_as_its_author_writes_it() {
    refused(
        &GO.step(&[GO.asked]),
        "step.go: the handler `OnDenied` of world `assess` is missing; write `func OnDenied(event events.Denied) \
         error`",
    );
    let denied = GO.denied.replace("error {\n\treturn nil", "(string, error) {\n\treturn \"\", nil");
    refused(
        &GO.step(&[GO.asked, &denied]),
        "step.go:9: `OnDenied` is not what world `assess` declares; write `func OnDenied(event events.Denied) \
         error` instead of `func(event events.Denied) (string, error)`",
    );
}

#[test]
fn what_the_world_does_not_import_is_told_with_the_line_to_add() {
    let using = |module: &str, package: &str, code: &str| {
        let code = format!("package step\n\nimport \"{module}/gen/{package}\"\n\nfunc use() {{ {code} }}\n");
        GO.step(&[]).with("go.mod", &format!("module {module}\n\ngo 1.24\n")).with("step.go", &code)
    };
    // Of a module with a dot in its name Go says how to get it.
    for module in ["shop/assess", "example.com/assess"] {
        refused(
            &using(module, "lockstep/state", "state.Add(\"n\", 1)"),
            "step.go:3:8: world `assess` does not import `lockstep:step/state`; add `import \
             lockstep:step/state@0.1.0;` to it",
        );
    }
    refused(
        &using("shop/assess", "lockstep", "lockstep.Infof(\"%d\", 1)"),
        "step.go:5:23: world `assess` does not import `lockstep:step/log`; add `import \
         lockstep:step/log@0.1.0;` to it",
    );
}

#[test]
fn a_folder_that_is_no_package_of_a_module_is_told_what_it_lacks() {
    refused(
        &GO.whole().without("go.mod"),
        "go.mod is missing; write `module steps/assess` and `go 1.24` into it",
    );
    let step = GO.whole();
    let main =
        fs::read_to_string(step.path().join("step.go")).unwrap().replace("package step", "package main");
    refused(
        &step.with("step.go", &main),
        "step.go: its package is `main`; call it `step`, since the host calls its handlers",
    );
    let step = GO.whole().with("src/step.go", &main);
    let told = step.with("step.toml", "language = \"go\"\nmain = \"src/step.go\"\n").told();
    assert_eq!(
        told,
        "step.toml: `main` names a file in the folder of the step, which is a package of Go, such as step.go; not \
         src/step.go"
    );
}

#[test]
fn a_world_that_is_none_is_told() {
    step::a_broken_world_is_told(&GO);
    step::a_tool_is_refused(&GO, "Go");
    step::a_stranger_is_refused(&GO, "Go");
}

#[test]
fn a_package_of_the_sdk_goes_with_the_import_that_brought_it() {
    step::a_part_goes_with_its_import(&GO, "lockstep/state/state.go");
}
