//! Source folders to core modules, by cargo: one invocation for all packages of one workspace.

use std::collections::BTreeMap;
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use cargo_metadata::{Artifact, CrateType, Message, Metadata, MetadataCommand, Package};

use super::{Compiler, TARGET, find};
use crate::{Built, Error, Language, Progress, Toolchain, component};

/// Where to find the module of each package, by manifest.
type Modules = BTreeMap<PathBuf, PathBuf>;

/// A source folder and the package in it.
struct Step {
    source: PathBuf,
    manifest: PathBuf,
    package: String,
    /// What cargo alone calls the package: a dependency may have its name.
    id: String,
    workspace: PathBuf,
}

pub(crate) fn build(
    toolchain: &Toolchain,
    sources: &[PathBuf],
    progress: Progress,
) -> Result<Vec<Built>, Error> {
    let steps = steps(sources)?;
    let mut modules = Modules::new();
    for (workspace, steps) in workspaces(&steps) {
        let compiler = find::find(workspace, toolchain, progress)?;
        progress(&format!("building {}", names(&steps)));
        modules.extend(compile(&compiler, workspace, &steps, &toolchain.target_dir, progress)?);
    }
    steps.into_iter().map(|step| finish(step, &modules)).collect()
}

/// The package of every source; cargo is asked once per workspace.
fn steps(sources: &[PathBuf]) -> Result<Vec<Step>, Error> {
    let mut known: Vec<Metadata> = Vec::new();
    let mut steps = Vec::new();
    for source in sources {
        let manifest = source.join("Cargo.toml");
        let manifest = manifest.canonicalize().map_err(|_| Error::NotACrate(source.clone()))?;
        if !known.iter().any(|metadata| package(metadata, &manifest).is_some()) {
            known.push(read(&manifest)?);
        }
        let found = known.iter().find_map(|metadata| Some((metadata, package(metadata, &manifest)?)));
        let (metadata, package) = found.ok_or_else(|| Error::NotAPackage(source.clone()))?;
        steps.push(step(source, metadata, package)?);
    }
    Ok(steps)
}

fn read(manifest: &Path) -> Result<Metadata, Error> {
    let mut command = MetadataCommand::new();
    command.cargo_path("cargo").manifest_path(manifest).no_deps();
    command.exec().map_err(|error| Error::Metadata { manifest: manifest.to_owned(), error })
}

fn package<'m>(metadata: &'m Metadata, manifest: &Path) -> Option<&'m Package> {
    metadata.packages.iter().find(|package| package.manifest_path == manifest)
}

fn step(source: &Path, metadata: &Metadata, package: &Package) -> Result<Step, Error> {
    let has_module = package.targets.iter().any(|target| target.crate_types.contains(&CrateType::CDyLib));
    if !has_module {
        return Err(Error::NoModule(package.name.to_string()));
    }
    Ok(Step {
        source: source.to_owned(),
        manifest: package.manifest_path.clone().into(),
        package: package.name.to_string(),
        id: package.id.repr.clone(),
        workspace: metadata.workspace_root.clone().into(),
    })
}

fn workspaces(steps: &[Step]) -> BTreeMap<&Path, Vec<&Step>> {
    let mut workspaces = BTreeMap::<_, Vec<_>>::new();
    for step in steps {
        workspaces.entry(step.workspace.as_path()).or_default().push(step);
    }
    workspaces
}

fn names(steps: &[&Step]) -> String {
    steps.iter().map(|step| step.package.as_str()).collect::<Vec<_>>().join(", ")
}

fn compile(
    compiler: &Compiler,
    workspace: &Path,
    steps: &[&Step],
    target_dir: &Path,
    progress: Progress,
) -> Result<Modules, Error> {
    let mut child = start(&mut cargo(compiler, workspace, steps, target_dir))?;
    let modules = listen(&mut child, progress);
    let ended = child.wait().map_err(|error| Error::Start { program: "cargo".into(), error })?;
    match ended.success() {
        true => Ok(modules),
        false => Err(Error::Build(names(steps))),
    }
}

/// Flags by `CARGO_ENCODED_RUSTFLAGS`: it outranks whatever flags a user or a caller's cargo has set
/// for other targets. Diagnostics go to the inherited stderr, everything else comes back as JSON.
fn cargo(compiler: &Compiler, workspace: &Path, steps: &[&Step], target_dir: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--release", "--target", TARGET]).current_dir(workspace);
    cargo.arg("--target-dir").arg(target_dir).arg("--message-format=json-render-diagnostics");
    cargo.args(steps.iter().flat_map(|step| ["--package", &step.id]));
    cargo.env("CARGO_ENCODED_RUSTFLAGS", compiler.flags.join("\x1f")).env_remove("RUSTC_WORKSPACE_WRAPPER");
    cargo.envs(compiler.rustc.iter().map(|rustc| ("RUSTC", rustc)));
    cargo
}

fn start(cargo: &mut Command) -> Result<Child, Error> {
    let started = cargo.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    started.map_err(|error| Error::Start { program: "cargo".into(), error })
}

/// Reads what cargo reports to its end: what was compiled, and where the modules are.
fn listen(child: &mut Child, progress: Progress) -> Modules {
    let mut modules = Modules::new();
    let Some(stdout) = child.stdout.take() else { return modules };
    for message in Message::parse_stream(BufReader::new(stdout)).flatten() {
        if let Message::CompilerArtifact(artifact) = message {
            tell(&artifact, progress);
            modules.extend(module(artifact));
        }
    }
    modules
}

fn tell(artifact: &Artifact, progress: Progress) {
    if !artifact.fresh && !artifact.target.is_custom_build() {
        progress(&format!("compiled {}", artifact.target.name));
    }
}

fn module(artifact: Artifact) -> Option<(PathBuf, PathBuf)> {
    let file = artifact.filenames.into_iter().find(|file| file.extension() == Some("wasm"))?;
    Some((artifact.manifest_path.into(), file.into()))
}

fn finish(step: Step, modules: &Modules) -> Result<Built, Error> {
    let file = modules.get(&step.manifest).ok_or_else(|| Error::NoModule(step.package.clone()))?;
    let module = fs::read(file).map_err(Error::file(file))?;
    let component = component::encode(&step.package, &module)?;
    Ok(Built { source: step.source, name: step.package, language: Language::Rust, component, made_of: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(source: &str) -> String {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
        let error = steps(&[source]).err().expect("it is no step");
        error.to_string().replace(env!("CARGO_MANIFEST_DIR"), "")
    }

    #[test]
    fn folders_that_are_no_steps_are_refused_with_the_fix() {
        for (source, expected) in [
            ("src", "/src holds no Cargo.toml; let `source` name the folder of the step's crate"),
            ("../../plugins", "/../../plugins is no package; give its Cargo.toml a [package] table"),
            (
                "../../guest-sdk/rust",
                "package `lockstep-sdk` makes no module; add `crate-type = [\"cdylib\"]` under [lib] of its \
                 Cargo.toml",
            ),
        ] {
            assert_eq!(refusal(source), expected);
        }
    }

    #[test]
    fn packages_of_one_workspace_are_built_together() {
        let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
        let sources = ["lab/steps/lab", "refunds/steps/deny"].map(|step| plugins.join(step));
        let steps = steps(&sources).unwrap();
        let workspaces = workspaces(&steps).into_values();
        assert_eq!(workspaces.map(|steps| names(&steps)).collect::<Vec<_>>(), ["lab, refunds-deny"]);
    }

    #[test]
    fn a_package_that_is_called_like_one_that_it_uses_is_built() {
        let root = tempfile::tempdir().unwrap();
        let step = "[workspace]\n[lib]\ncrate-type = [\"cdylib\"]\n[dependencies]\nother = { package = \"log\", \
                    path = \"../../log\" }\n";
        for (folder, version, rest) in [("steps/log", "1.0.0", step), ("log", "2.0.0", "")] {
            let folder = root.path().join(folder);
            fs::create_dir_all(folder.join("src")).unwrap();
            fs::write(folder.join("src/lib.rs"), "").unwrap();
            let package = format!("[package]\nname = \"log\"\nversion = \"{version}\"\n{rest}");
            fs::write(folder.join("Cargo.toml"), package).unwrap();
        }
        let steps = steps(&[root.path().join("steps/log")]).unwrap();
        let target_dir = root.path().join("target");
        let cache = crate::user_cache().unwrap_or_else(|| target_dir.clone());
        let toolchain = Toolchain { cache, target_dir, install: crate::Install::Never };
        let log = &steps[0];
        let compiler = find::find(&log.workspace, &toolchain, &|_| {}).unwrap();
        let modules = compile(&compiler, &log.workspace, &[log], &toolchain.target_dir, &|_| {});
        assert!(modules.unwrap().contains_key(&log.manifest));
    }
}
