//! What the tools say, in the author's terms: pieces of text, without any tool.

use std::fs;

use super::{shop, source, toolchain, world};
use crate::Language;
use crate::build::Job;
use crate::js::model::Model;
use crate::js::told::{Finding, Teller};

/// Runs with the teller of a step whose file is this.
fn with_teller(text: &str, test: impl FnOnce(&dyn Fn(&str) -> String, &Teller)) {
    let folder = tempfile::tempdir().unwrap();
    let source = source(folder.path(), Language::TypeScript, shop());
    fs::write(&source.main, text).unwrap();
    let world = world(&source);
    let toolchain = toolchain(folder.path());
    let job = Job { source: &source, world: &world, toolchain: &toolchain, progress: &|_| {} };
    let place = format!("{}/", folder.path().display());
    let wit = shop().display().to_string();
    let plain = |told: &str| told.replace(&place, "").replace(&wit, "wit");
    test(&plain, &Teller::new(&job, &Model::of(&world)));
}

#[test]
fn what_a_world_does_not_give_is_told_with_the_line_that_it_lacks() {
    let found = |text: &str| Finding {
        file: "step.ts".into(),
        line: 2,
        column: 10,
        text: text.into(),
        source: "  import … ".into(),
    };
    with_teller("", |plain, teller| {
        for (text, told) in [
            (
                "No matching export in \"gen/lockstep.js\" for import \"http\"",
                "step.ts:2:10: world `assess` does not import what `http` calls; add \
                 `import lockstep:step/http@0.1.0;` to it in wit\n    import …",
            ),
            (
                "No matching export in \"gen/lockstep.js\" for import \"fial\"",
                "step.ts:2:10: the SDK has no `fial`\n    import …",
            ),
            (
                "No matching export in \"gen/events.js\" for import \"RefundAproved\"",
                "step.ts:2:10: world `assess` has no event `RefundAproved`; did you mean `RefundApproved`?\n    import …",
            ),
            (
                "Could not resolve \"left-pad\"",
                "step.ts:2:10: there is no package `left-pad`; `npm install left-pad` in the step's folder puts it \
                 there\n    import …",
            ),
            (
                "Could not resolve \"lodash/fp\"",
                "step.ts:2:10: there is no package `lodash`; `npm install lodash` in the step's folder puts it \
                 there\n    import …",
            ),
            (
                "Could not resolve \"@tea/pot/lid/knob\"",
                "step.ts:2:10: there is no package `@tea/pot`; `npm install @tea/pot` in the step's folder puts it \
                 there\n    import …",
            ),
            ("Could not resolve \"@tea\"", "step.ts:2:10: there is no module `@tea`\n    import …"),
            (
                "Could not resolve \"http://a.example/b\"",
                "step.ts:2:10: there is no module `http://a.example/b`\n    import …",
            ),
            ("Could not resolve \"x;reboot\"", "step.ts:2:10: there is no module `x;reboot`\n    import …"),
            ("Could not resolve \"./tea.js\"", "step.ts:2:10: there is no file `./tea.js`\n    import …"),
            ("Expected \";\"", "step.ts:2:10: Expected \";\"\n    import …"),
        ] {
            assert_eq!(plain(&teller.found(&found(text))), told);
        }
    });
}

#[test]
fn a_handler_that_is_missing_or_not_known_is_told_by_its_name_and_line() {
    let text = "const x = 1;\nexport function onPiar() {}\nexport const onTea = x;\n";
    with_teller(text, |plain, teller| {
        let exports = ["onAll", "onPiar", "onTea", "onRefundRequested", "onTimerFired", "other"];
        let told = teller.handlers(&exports.map(str::to_owned));
        let told: Vec<_> = told.iter().map(|line| plain(line)).collect();
        assert_eq!(
            told,
            [
                "step.ts:2: it does not export `onPair`, the handler `on-pair` of world `assess`; it exports `onPiar`: \
                 did you mean that?",
                "step.ts: it does not export `onDenied`, the handler `on-denied` of world `assess`; write `export \
                 function onDenied(…)`",
                "step.ts:3: it exports `onTea`, which is no handler of world `assess`; there are `onRefundRequested`, \
                 `onAll`, `onPair`, `onTimerFired`, `onDenied`",
            ]
        );
    });
}

#[test]
fn type_errors_stand_where_the_author_wrote_and_say_what_to_use_instead() {
    with_teller("", |plain, teller| {
        let told = "step.ts(3,7): error TS2322: Type 'number' is not assignable to type 'string'.\n  \
                    The expected type comes from property 'order'.\n\
                    lib/tea.ts(1,1): error TS2304: Cannot find name 'fetch'.\n\
                    step.ts(4,8): error TS2741: Property '#event' is missing in type '{}' but required in type 'Noted'.\n\
                    step.ts(1,15): error TS2305: Module '\"./gen/events.js\"' has no exported member 'Refund'.\n";
        let told: Vec<_> = teller.checked(told).iter().map(|line| plain(line)).collect();
        assert_eq!(
            told,
            [
                "step.ts:3:7: TS2322: Type 'number' is not assignable to type 'string'.\n    The expected type comes \
                 from property 'order'.",
                "lib/tea.ts:1:1: there is no `fetch`; a step has no `fetch`: use `http.get` and its siblings of \
                 ./gen/lockstep.js",
                "step.ts:4:8: TS2741: Property '#event' is missing in type '{}' but required in type 'Noted'; an \
                 event is made with `new`",
                "step.ts:1:15: world `assess` has no event `Refund`; there are `RefundRequested`, `Checked`, \
                 `Stamped`, `TimerFired`, `RefundDenied`, `RefundApproved`, `Noted`",
            ]
        );
    });
}

#[test]
fn what_goes_wrong_while_the_modules_are_evaluated_has_the_line_that_did_it() {
    with_teller("", |plain, teller| {
        let error = ": Failed to evaluate user JavaScript module: Failed to finish JavaScript module evaluation: Error: \
                     `state.get` is called\n    at guard (gen)\n    at load (lib/tea.ts:4)\n    at <anonymous> (step.ts:6)\n";
        assert_eq!(
            plain(&teller.evaluated(error)),
            "lib/tea.ts:4: while the step is built: Error: `state.get` is called\n    at load (lib/tea.ts:4)\n    \
             at <anonymous> (step.ts:6)"
        );
    });
}
