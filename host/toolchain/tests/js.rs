//! Steps in TypeScript and JavaScript, built as `lockstep build` builds them: the conformance step, and every way in
//! which a step is none, told by file and line of its author's own file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lockstep_core::contract::Contract;
use lockstep_toolchain::{Error, Install, Source, Toolchain};

/// The tools are fetched if they are not there yet.
fn toolchain(target_dir: &Path) -> Toolchain {
    let cache = lockstep_toolchain::user_cache().expect("this machine has a home");
    Toolchain { cache, target_dir: target_dir.to_owned(), install: Install::Allowed }
}

const WIT: &str = "package my:hello@1.0.0;

interface events {
  record visitor { name: string, age: option<u32> }
  record greeting { text: string, seen: u64 }
}

world greet {
  use events.{visitor, greeting};
  use lockstep:step/types@0.1.0.{failure};
  import lockstep:step/log@0.1.0;
  export on-visitor: func(event: visitor) -> result<greeting, failure>;
}
";

const STEP: &str = "import { Greeting, Visitor } from './gen/events.js';

export function onVisitor(event: Visitor): Greeting {
  return new Greeting({ text: `Welcome, ${event.name}!`, seen: 1n });
}
";

/// A step that says hello.
struct Step {
    folder: tempfile::TempDir,
}

impl Step {
    fn new(language: &str, wit: &str, code: &str) -> Step {
        let folder = tempfile::tempdir().unwrap();
        let step = Step { folder };
        let at = step.source();
        fs::create_dir_all(at.join("wit")).unwrap();
        fs::write(at.join("wit/world.wit"), wit).unwrap();
        fs::write(at.join("step.toml"), format!("language = \"{language}\"\n")).unwrap();
        fs::write(at.join(format!("step.{language}")), code).unwrap();
        step
    }

    fn source(&self) -> PathBuf {
        self.folder.path().join("hello")
    }

    /// With the tools of `toolchain`: its component, or what is told instead, paths from the folder of the step.
    fn build_with(&self, toolchain: &Toolchain) -> Result<Vec<u8>, String> {
        let built = toolchain.build(&[self.source()], &|_| {});
        let plain = |error: Error| error.to_string().replace(&format!("{}/", self.source().display()), "");
        built.map(|mut built| built.remove(0).component).map_err(plain)
    }

    fn build(&self) -> Result<Vec<u8>, String> {
        self.build_with(&toolchain(&self.folder.path().join("target")))
    }

    fn refusal(&self) -> String {
        self.build().err().unwrap_or_else(|| panic!("it was built"))
    }
}

#[test]
fn the_conformance_step_is_built_from_both_languages() {
    let target = tempfile::tempdir().unwrap();
    let steps = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/conformance/steps");
    let sources = ["probe-ts", "probe-js"].map(|name| steps.join(name));
    let built = toolchain(target.path()).build(&sources, &|_| {});
    let built = built.unwrap_or_else(|error| panic!("{error}"));
    for probe in &built {
        let contract = Contract::read(&probe.component).expect("a step");
        let handlers: Vec<_> = contract.handlers.iter().map(|handler| handler.name.as_str()).collect();
        assert_eq!(handlers.len(), 15, "{handlers:?}");
        let wasi = contract.imports.iter().find(|import| import.name.starts_with("wasi:"));
        assert_eq!(wasi, None, "the engine asks for nothing of its own");
    }
    assert_eq!(built.len(), 2);
}

#[test]
fn every_conformance_case_holds_in_plain_node() {
    let copy = tempfile::tempdir().unwrap();
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/conformance");
    for folder in ["wit", "cases", "steps/probe-ts", "steps/probe-js"] {
        copy_files(&plugin.join(folder), &copy.path().join(folder));
    }
    fs::copy(plugin.join("workflow.toml"), copy.path().join("workflow.toml")).unwrap();
    fs::copy(plugin.join("steps/probe-ts/package.json"), copy.path().join("package.json")).unwrap();
    npm(copy.path(), &["install", "--silent", "--prefer-offline"]);
    let cases = fs::read_dir(plugin.join("cases")).unwrap().count();
    for name in ["probe-ts", "probe-js"] {
        let step = copy.path().join("steps").join(name);
        let source = Source::read(&step).unwrap();
        toolchain(copy.path()).generate(&source, &|_| {}).unwrap();
        let told = npm(&step, &["test", "--", "--reporter=json"]);
        assert!(told.contains(&format!("\"numPassedTests\":{cases},\"numFailedTests\":0")), "{told}");
    }
}

/// The files of a folder, without the folders in it.
fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

/// What npm wrote.
fn npm(folder: &Path, arguments: &[&str]) -> String {
    let ended = Command::new("npm").args(arguments).current_dir(folder).output().expect("there is npm");
    let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(ended.status.success(), "{}{}", told(&ended.stdout), told(&ended.stderr));
    told(&ended.stdout)
}

/// Two components of one bundle differ in what the engine draws by lot when it starts, so one is made but once.
#[test]
fn a_component_is_kept_while_it_is_whole_and_its_code_the_same() {
    let step = Step::new("ts", WIT, STEP);
    let first = step.build().unwrap();
    assert!(first == step.build().unwrap(), "the same code, and another component");
    fs::write(step.source().join("step.ts"), STEP.replace("Welcome", "Hello")).unwrap();
    assert!(first != step.build().unwrap(), "other code, and the same component");
    let stages = fs::read_dir(step.folder.path().join("target/js")).unwrap();
    let kept = stages.map(|stage| stage.unwrap().path().join("component.wasm")).next().unwrap();
    let whole = fs::read(&kept).unwrap();
    fs::write(&kept, &whole[..whole.len() / 2]).unwrap();
    Contract::read(&step.build().unwrap()).expect("half of a component is taken for one");
}

#[test]
fn a_tsc_that_breaks_down_has_not_found_the_code_right() {
    let step = Step::new("ts", WIT, STEP);
    // Its tools: all of the real ones, but for a tsc that breaks down.
    step.build().unwrap();
    let (real, cache) =
        (lockstep_toolchain::user_cache().unwrap().join("tools"), step.folder.path().join("cache"));
    for tools in fs::read_dir(real).unwrap().map(|entry| entry.unwrap()) {
        let packages = cache.join("tools").join(tools.file_name()).join("node_modules");
        for package in
            fs::read_dir(tools.path().join("node_modules")).into_iter().flatten().map(|one| one.unwrap())
        {
            fs::create_dir_all(&packages).unwrap();
            if package.file_name() != "typescript" {
                std::os::unix::fs::symlink(package.path(), packages.join(package.file_name())).unwrap();
            }
        }
        fs::create_dir_all(packages.join("typescript/bin")).unwrap();
        fs::write(packages.join("typescript/bin/tsc"), "console.error('out of memory'); process.exit(134)")
            .unwrap();
    }
    let toolchain = Toolchain { cache, ..toolchain(&step.folder.path().join("target")) };
    let told = step.build_with(&toolchain).expect_err("nobody has checked it");
    assert!(told.starts_with("`node ") && told.ends_with(" failed: out of memory"), "{told}");
}

#[test]
fn a_parameter_may_be_called_by_a_word_that_javascript_keeps() {
    let wit = WIT.replace("func(event: visitor)", "func(old: visitor, new: greeting)");
    let code = STEP.replace("(event: Visitor)", "(event: Visitor, other: Greeting)");
    Step::new("ts", &wit, &code).build().unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn nothing_gets_into_a_component_from_outside_of_the_project() {
    let step = Step::new("ts", WIT, "");
    fs::write(step.folder.path().join("secret.json"), "1").unwrap();
    let root = step.folder.path().canonicalize().unwrap();
    std::os::unix::fs::symlink(root.join("secret.json"), step.source().join("link.json")).unwrap();
    let absolute = root.join("secret.json").display().to_string();
    for place in [absolute.as_str(), "../secret.json", "./link.json"] {
        let import = format!("import secret from '{place}';");
        fs::write(step.source().join("step.ts"), format!("{import}\n{STEP}console.log(secret);\n")).unwrap();
        assert_eq!(
            step.refusal(),
            format!(
                "step `hello` could not be built:\nstep.ts:1:20: {absolute} is imported; what a step is built from \
                 lies in {}/hello: copy it there\n    {import}",
                root.display()
            )
        );
    }
    // The folder of a workflow is the project of its steps.
    fs::write(step.folder.path().join("workflow.toml"), "").unwrap();
    step.build().unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_plain_javascript_step_needs_no_types() {
    let code =
        "import { Greeting } from './gen/events.js';\nexport const onVisitor = () => new Greeting({});\n";
    assert!(Step::new("js", WIT, code).build().is_ok());
}

#[test]
fn modules_that_are_not_there_are_told_with_what_to_do() {
    let imports = "import 'zlib';\nimport 'node:fs/promises';\nimport 'lodash/fp';\n";
    assert_eq!(
        Step::new("ts", WIT, &format!("{imports}{STEP}")).refusal(),
        "step `hello` could not be built:\nstep.ts:1:8: there is no module `zlib`: a step has nothing of Node.js; use a \
         package in plain JavaScript\n    import 'zlib';\nstep.ts:2:8: there is no module `node:fs/promises`: a step \
         has nothing of Node.js; use a package in plain JavaScript\n    import 'node:fs/promises';\nstep.ts:3:8: there \
         is no package `lodash`; `npm install lodash` in the step's folder puts it there\n    import 'lodash/fp';"
    );
}

#[test]
fn code_that_is_no_step_is_told_by_file_and_line() {
    for (code, told) in [
        (
            STEP.replace("seen: 1n", "seen: 1"),
            "step `hello` could not be built:\nstep.ts:4:58: TS2322: Type 'number' is not assignable to type 'bigint'.",
        ),
        (
            STEP.replace("seen: 1n });", "seen: 1n ;"),
            "step `hello` could not be built:\nstep.ts:4:67: Expected \"}\" but found \";\"\n    return new Greeting({ \
             text: `Welcome, ${event.name}!`, seen: 1n ;",
        ),
        (
            STEP.replace("onVisitor", "onVistor"),
            "step `hello` could not be built:\nstep.ts:3: it does not export `onVisitor`, the handler `on-visitor` of \
             world `greet`; it exports `onVistor`: did you mean that?",
        ),
        (
            "export const nothing = 1;\n".into(),
            "step `hello` could not be built:\nstep.ts: it does not export `onVisitor`, the handler `on-visitor` of \
             world `greet`; write `export function onVisitor(…)`",
        ),
        (
            STEP.replace(": Greeting {", " {")
                .replace("return new Greeting", "return new Visitor")
                .replace("{ text: `Welcome, ${event.name}!`, seen: 1n }", "event"),
            "step `hello` could not be built:\nstep.ts:3: `onVisitor` is not what world `greet` says: TS1360: Type \
             '(event: Visitor) => Visitor' does not satisfy the expected type '(event: Visitor) => Greeting'.\n    \
             Type 'Visitor' is missing the following properties from type 'Greeting': text, seen, #event",
        ),
        (
            STEP.replace("return", "import('fs');\n  return"),
            "step `hello` could not be built:\nstep.ts:4:10: there is no module `fs`: a step has nothing of Node.js; use \
             a package in plain JavaScript\n    import('fs');",
        ),
        (
            STEP.replace("  return", "  fetch('https://a.example');\n  return"),
            "step `hello` could not be built:\nstep.ts:4:3: there is no `fetch`; a step has no `fetch`: use `http.get` \
             and its siblings of ./gen/lockstep.js",
        ),
        (
            format!("import {{ log }} from 'lockstep:step/log@0.1.0';\nlog('info', 'x');\n{STEP}"),
            "step `hello` could not be built:\nstep.ts:1:21: the host is reached by ./gen/lockstep.js: import what you \
             need from there\n    import { log } from 'lockstep:step/log@0.1.0';",
        ),
        (
            format!("import {{ http }} from './gen/lockstep.js';\n{STEP}http.get('https://a.example');\n"),
            "step `hello` could not be built:\nstep.ts:1:10: world `greet` does not import what `http` calls; add \
             `import lockstep:step/http@0.1.0;` to it in wit\n    import { http } from './gen/lockstep.js';",
        ),
        (
            format!("{STEP}\nfunction early() {{\n  return Date.now();\n}}\nearly();\n"),
            "step `hello` could not be built:\nstep.ts:8: while the step is built: Error: the time needs the run, which \
             the world does not import: add `import lockstep:step/run@0.1.0;`\n    at early (step.ts:8)\n    at \
             <anonymous> (step.ts:10)",
        ),
    ] {
        let refusal = Step::new("ts", WIT, &code).refusal();
        assert_eq!(refusal.replace("hello/wit", "wit"), told);
    }
}

#[test]
fn a_world_that_is_none_or_that_this_language_cannot_serve_is_told_in_its_words() {
    for (wit, told) in [
        (WIT.replace("record greeting", "recrod greeting"), "world.wit:5"),
        (
            WIT.replace("result<greeting, failure>", "greeting"),
            "`on-visitor` is not a handler: it must return `result<…, failure>`",
        ),
        (
            WIT.replace("lockstep:step/log@0.1.0", "teapot") + "interface teapot { brew: func(); }\n",
            "world `greet` imports `my:hello/teapot@1.0.0`, which a step in TypeScript cannot call",
        ),
    ] {
        let refusal = Step::new("ts", &wit, STEP).refusal();
        assert!(refusal.starts_with("the WIT of step `hello`:") && refusal.contains(told), "{refusal}");
    }
    let step = Step::new("ts", WIT, STEP);
    fs::remove_dir_all(step.source().join("wit")).unwrap();
    assert_eq!(
        step.refusal().replace(&step.source().display().to_string(), ""),
        "step `hello` has no folder wit; put its world there, or name another folder by `wit` in step.toml"
    );
}

#[test]
fn tools_that_are_missing_are_named_with_the_command_that_fetches_them() {
    let step = Step::new("js", WIT, "");
    let cache = step.folder.path().join("cache");
    let toolchain = Toolchain {
        cache: cache.clone(),
        install: Install::Never,
        target_dir: step.folder.path().join("target"),
    };
    let told = step.build_with(&toolchain).expect_err("there are no tools");
    assert_eq!(
        told.replace(&cache.display().to_string(), "CACHE"),
        "step `hello` is written in JavaScript, and componentize-qjs 0.4.5 with esbuild and TypeScript is missing; \
         `lockstep build --install` fetches it (80 MB) into CACHE"
    );
}
