//! Steps in Python, built for real: componentize-py is fetched once into the user's cache. What is wrong with a step is
//! told in its author's terms; plain CPython runs what needs no component.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use expect_test::{Expect, expect};
use lockstep_core::contract::Contract;
use lockstep_toolchain::{Built, Error, Install, Source, Toolchain};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

const WIT: &str = "package shop:tea@1.0.0;

interface events {
  record ordered { name: string }
  record brewed { name: string }
}

world tea {
  use events.{ordered, brewed};
  use lockstep:step/types@0.1.0.{failure};
  export on-ordered: func(event: ordered) -> result<brewed, failure>;
}
";

const STEP: &str = "from events import Brewed, Ordered

def on_ordered(event: Ordered) -> Brewed:
    return Brewed(event.name)
";

/// A step in a folder of its own.
struct Step {
    root: tempfile::TempDir,
}

impl Step {
    fn new(code: &str) -> Step {
        let step = Step { root: tempfile::tempdir().unwrap() };
        step.write("wit/world.wit", WIT);
        step.write("step.toml", "language = \"python\"\n");
        step.write("step.py", code);
        step
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join("brew")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What building it comes to, and what is told on the way.
    fn build(&self, install: Install) -> (Result<Built, Error>, Vec<String>) {
        let told = std::sync::Mutex::new(Vec::new());
        let cache = match install {
            Install::Allowed => {
                lockstep_toolchain::user_cache().unwrap_or_else(|| self.root.path().join("cache"))
            }
            Install::Never => self.root.path().join("empty"),
        };
        let toolchain = Toolchain { cache, target_dir: self.root.path().join("target"), install };
        let progress = |line: &str| told.lock().unwrap().push(line.to_owned());
        let built = toolchain.build(&[self.folder()], &progress).map(|mut built| built.remove(0));
        (built, told.into_inner().unwrap())
    }

    fn refused(&self, expected: Expect) {
        let (built, _) = self.build(Install::Allowed);
        let error = built.map(drop).expect_err("it is no step").to_string();
        expected.assert_eq(&error.replace(&self.root.path().display().to_string(), "…"));
    }
}

/// A wheel with one module, made without any index.
fn wheel(folder: &Path, name: &str, tag: &str, files: &[(&str, &str)]) {
    const MAKE: &str = "
import sys, zipfile
path, name, tag, *files = sys.argv[1:]
info = f'{name}-1.0.dist-info'
files += [f'{info}/METADATA', f'Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n']
files += [f'{info}/WHEEL', f'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: {tag}\\n']
files += [f'{info}/RECORD', ''.join(f'{file},,\\n' for file in files[::2])]
with zipfile.ZipFile(f'{path}/{name}-1.0-{tag}.whl', 'w') as wheel:
    for file, text in zip(files[::2], files[1::2]):
        wheel.writestr(file, text)
";
    fs::create_dir_all(folder).unwrap();
    let path = folder.display().to_string();
    let mut arguments = vec!["-c", MAKE, &path, name, tag];
    arguments.extend(files.iter().flat_map(|(name, text)| [*name, *text]));
    python(&[], Path::new("."), arguments);
}

/// Runs Python, with folders of packages beside its own, and gives what it wrote.
fn python<'a>(paths: &[&Path], folder: &Path, arguments: impl IntoIterator<Item = &'a str>) -> String {
    let mut command = Command::new("python3");
    command.args(arguments).current_dir(folder).env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("PYTHONPATH", std::env::join_paths(paths).unwrap());
    let output = command.output().expect("Python can be started");
    let told =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    told
}

/// A folder with pytest, fetched once.
fn pytest() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pytest-9.2.0");
    if !folder.exists() {
        let aside = folder.with_extension(std::process::id().to_string());
        let target = aside.display().to_string();
        python(
            &[],
            Path::new("."),
            ["-m", "pip", "install", "--quiet", "--target", &target, "pytest==9.2.0"],
        );
        // Whoever was first has the same.
        let _ = fs::rename(&aside, &folder);
    }
    folder
}

#[test]
fn a_step_becomes_a_component_whose_contract_can_be_read() {
    let probe = Path::new(ROOT).join("plugins/conformance/steps/probe-python");
    let cache = lockstep_toolchain::user_cache().expect("a home");
    let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("guests");
    let toolchain = Toolchain { cache, target_dir, install: Install::Allowed };
    let built = toolchain.build(std::slice::from_ref(&probe), &|_| {});
    let built = built.unwrap_or_else(|error| panic!("{error}")).remove(0);
    let contract = Contract::read(&built.component).expect("a step");
    let told: Vec<_> = contract
        .handlers
        .iter()
        .map(|one| format!("{}: {} -> {}\n", one.name, one.takes, one.gives))
        .collect();
    expect![[r#"
        on-echo: echo -> echoed
        on-choose: choose -> left | right
        on-spread: spread -> list<left | right>
        on-perhaps: perhaps -> option<left>
        on-quiet: quiet -> nothing
        on-fail: fail -> nothing
        on-crash: crash -> nothing
        on-remember: remember -> remembered
        on-fetch: fetch -> fetched
        on-use-tool: use-tool -> used
        on-show: show -> nothing
        on-keep: keep -> kept
        on-arm: arm -> nothing
        on-ask: ask -> known
        on-timer-fired: timer-fired -> left
    "#]]
    .assert_eq(&told.concat());
    assert_eq!(contract.ignored, ["exports"]);
}

#[test]
fn the_sdk_holds_its_own_tests_and_the_probe_its_cases_in_plain_python() {
    let pytest = pytest();
    let sdk = Path::new(ROOT).join("guest-sdk/python");
    let told = python(&[&pytest], &sdk, ["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
    assert!(told.contains(" passed in "), "{told}");
    // A copy: another test builds the probe where it lies.
    let (plugin, copy) = (Path::new(ROOT).join("plugins/conformance"), tempfile::tempdir().unwrap());
    for folder in ["wit", "cases", "steps/probe-python"] {
        copy_files(&plugin.join(folder), &copy.path().join(folder));
    }
    fs::copy(plugin.join("workflow.toml"), copy.path().join("workflow.toml")).unwrap();
    let probe = copy.path().join("steps/probe-python");
    let toolchain = Toolchain { cache: "none".into(), target_dir: "none".into(), install: Install::Never };
    toolchain.generate(&Source::read(&probe).unwrap(), &|_| {}).unwrap();
    let cases = fs::read_dir(plugin.join("cases")).unwrap().count();
    let told = python(&[&pytest], &probe, ["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
    assert!(told.contains(&format!("{cases} passed in ")), "{told}");
}

/// The files of a folder, without the folders in it.
fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

#[test]
fn a_syntax_error_is_told_at_its_line() {
    Step::new("from events import Brewed\n\ndef on_ordered(event:\n    return Brewed(event.name)\n").refused(
        expect![[r#"
        step `brew` could not be built:
        …/brew/step.py:3: SyntaxError: '(' was never closed
            def on_ordered(event:
                          ^"#]],
    );
}

#[test]
fn a_handler_that_is_missing_is_told_with_the_one_that_was_meant() {
    Step::new(&STEP.replace("on_ordered", "on_orderd")).refused(expect![[r#"
        step `brew` could not be built:
        …/brew/step.py:3: there is no `on_ordered`, which world `tea` asks for: `def on_ordered(event: Ordered)`; did you mean `on_orderd`?"#]]);
}

#[test]
fn what_is_wrong_with_the_wit_is_told_by_file_and_line() {
    let step = Step::new(STEP);
    step.write("wit/world.wit", &WIT.replace("record brewed", "record brew"));
    step.refused(expect![[r#"
        the WIT of step `brew`: …/brew/wit: name `brewed` does not exist
             --> …/brew/wit/world.wit:9:24
              |
            9 |   use events.{ordered, brewed};
              |                        ^-----"#]]);
}

#[test]
fn a_toolchain_that_is_missing_is_told_with_how_to_get_it() {
    let step = Step::new(STEP);
    let (built, _) = step.build(Install::Never);
    let error = built.map(drop).expect_err("there are no tools").to_string();
    expect!["step `brew` is written in Python, and componentize-py 0.25.1 is missing; `lockstep build --install` fetches it (46 MB) into …/empty"].assert_eq(&error.replace(&step.root.path().display().to_string(), "…"));
}

#[test]
fn packages_of_pure_python_are_bundled_and_strange_handlers_told() {
    let step = Step::new(&format!(
        "import tea_leaves\n{STEP}\n\ndef on_tea(event):\n    import mint\n\nassert tea_leaves.KIND == 'oolong'\n"
    ));
    wheel(
        &step.folder().join("wheels"),
        "tea_leaves",
        "py3-none-any",
        &[("tea_leaves.py", "KIND = 'oolong'\n")],
    );
    step.write("packages.txt", "--no-index\n--find-links wheels\ntea-leaves\n");
    step.write("step.toml", "language = \"python\"\nrequirements = \"packages.txt\"\n");
    let (built, told) = step.build(Install::Allowed);
    built.unwrap_or_else(|error| panic!("{error}"));
    let told = told.join("\n").replace(&step.root.path().display().to_string(), "…");
    expect![[r#"
        building brew
        fetching the packages of …/brew/packages.txt
        …/brew/step.py:8: world `tea` has no handler `on-tea`, so nothing calls this function"#]]
    .assert_eq(&told);
}

#[test]
fn a_package_with_native_code_is_named_with_what_to_do_instead() {
    const PLATFORM: &str =
        "import sysconfig; print(sysconfig.get_platform().replace('-', '_').replace('.', '_'))";
    let platform = python(&[], Path::new("."), ["-c", PLATFORM]);
    let step = Step::new(STEP);
    let wheels = step.folder().join("wheels");
    wheel(&wheels, "kettle", &format!("py3-none-{}", platform.trim()), &[("kettle.py", "")]);
    wheel(&wheels, "pot", "py3-none-any", &[("pot/__init__.py", ""), ("pot/steam.so", "")]);
    step.write("requirements.txt", "--no-index\n--find-links wheels\nkettle\n");
    step.refused(expect![[r#"
        step `brew` could not be built:
        …/brew/requirements.txt: `kettle` has native code, which cannot run inside a step; put what needs it into a tool (a server of MCP), or into a service that the step calls"#]]);
    step.write("requirements.txt", "--no-index\n--find-links wheels\npot\n");
    step.refused(expect![[r#"
        step `brew` could not be built:
        …/brew/requirements.txt: `pot` has native code, which cannot run inside a step; put what needs it into a tool (a server of MCP), or into a service that the step calls"#]]);
    step.write("requirements.txt", "--no-index\n--find-links wheels\nspoon\n");
    step.refused(expect![[r#"
        step `brew` could not be built:
        …/brew/requirements.txt: pip cannot find wheels for it:
        ERROR: Could not find a version that satisfies the requirement spoon (from versions: none)
        ERROR: No matching distribution found for spoon"#]]);
}
