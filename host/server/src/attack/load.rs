//! Attacks 11 to 16, by what is given as a component.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use lockstep_core::blob::Digest;
use lockstep_core::contract::Contract;
use lockstep_core::grant::Grant;
use lockstep_core::workflow;
use lockstep_hostile::component;
use lockstep_hostile::worlds::{self, HANDLER, bomb, world};
use lockstep_sandbox::{ChildCompiler, Compiler, Error, Sandbox, Settings, Source, Wall};

use super::stage::Stage;
use super::{Case, Opposite, Trial, case};
use crate::config;
use crate::project::{Loading, Project};

const MIB: u64 = 1 << 20;
/// Before machine code in the cache stands its MAC.
const MAC_BYTES: usize = 32;
/// Components that are broken by chance.
const BROKEN: u64 = 10_000;

pub(super) fn cases() -> Vec<Case> {
    let mut all = compiling();
    all.extend(strangers());
    all.extend(claims());
    all
}

fn compiling() -> Vec<Case> {
    vec![
        case(
            "11a",
            "a small component that takes long to compile",
            "refused: compile budget, others whole",
            Wall::CompileBudget,
            |trial| Box::pin(bombed(trial, |child| child.cpu = Duration::from_secs(1), bomb(12, 60, 1000))),
        ),
        case(
            "11b",
            "a small component that takes much memory to compile",
            "refused: compile budget, others whole",
            Wall::CompileBudget,
            |trial| Box::pin(bombed(trial, |child| child.memory = 192 * MIB, bomb(1, 60, 5000))),
        ),
        case(
            "12",
            "ten thousand broken components",
            "refused or whole, no panic",
            Opposite::Harmless,
            |trial| Box::pin(async move { Ok(broken(trial)) }),
        ),
        case("13e", "a flipped byte in the cache", "compiled again", Opposite::Harmless, |trial| {
            Box::pin(async move { flipped(trial) })
        }),
        case("13f", "another's machine code in the cache", "compiled again", Wall::CacheMac, |trial| {
            Box::pin(swapped(trial))
        }),
    ]
}

fn strangers() -> Vec<Case> {
    const REFUSED: &str = "refused: no component";
    vec![
        case("13a", "machine code (`.cwasm`) as a component", REFUSED, Opposite::Harmless, |trial| {
            Box::pin(async move { given(trial, &machine_code()?) })
        }),
        case("13b", "a program (ELF) as a component", REFUSED, Opposite::Harmless, |trial| {
            Box::pin(async move { given(trial, b"\x7fELF\x02\x01\x01") })
        }),
        case("13c", "an empty file as a component", REFUSED, Opposite::Harmless, |trial| {
            Box::pin(async move { given(trial, b"") })
        }),
        case("13d", "HTML as a component", REFUSED, Opposite::Harmless, |trial| {
            Box::pin(async move { given(trial, b"<!doctype html><title>404</title>") })
        }),
        case(
            "14a",
            "other bytes under the name of a granted component",
            "refused: digest",
            Wall::Digest,
            |trial| {
                Box::pin(async move { tied(trial, Some(Digest::of(b"the component that was accepted"))) })
            },
        ),
        case("14b", "a grant that names no bytes", "refused: no digest", Wall::Digest, |trial| {
            Box::pin(async move { tied(trial, None) })
        }),
    ]
}

fn claims() -> Vec<Case> {
    vec![
        case(
            "15a",
            "imports unknown and not granted",
            "refused: 3 lines at once",
            Opposite::Harmless,
            |trial| {
                let imports =
                    "import teleport; import lockstep:step/state@0.1.0; import lockstep:step/updates@0.1.0;";
                Box::pin(async move { Ok(joined(trial, &format!("{imports} {HANDLER}"), 3)) })
            },
        ),
        case(
            "15b",
            "an import that is not granted, past the check",
            "refused: not granted",
            Wall::Imports,
            |trial| Box::pin(async move { linked(trial) }),
        ),
        case(
            "16a",
            "a handler for an event of another shape",
            "refused: names `n`",
            Opposite::Harmless,
            |trial| Box::pin(async move { Ok(misfit(trial)) }),
        ),
        case("16b", "an export that is the host's", "refused: names `state`", Opposite::Harmless, |trial| {
            let items = format!("{HANDLER} export lockstep:step/state@0.1.0;");
            Box::pin(async move { Ok(claimed(trial, &world("", &items), "state")) })
        }),
        case("16c", "a resource in an event", "refused: names `held.inner[]`", Opposite::Harmless, |trial| {
            let events = "resource handle; record held { n: u32, inner: list<own<handle>> }";
            let items =
                "use events.{held, pong}; export on-held: func(event: held) -> result<pong, failure>;";
            Box::pin(async move { Ok(claimed(trial, &world(events, items), "held.inner[]")) })
        }),
    ]
}

/// What becomes of a load that takes too much, and of a release that is active meanwhile.
async fn bombed(trial: Trial, budget: fn(&mut ChildCompiler), bomb: Vec<u8>) -> anyhow::Result<String> {
    let mut compiler = config::compiler()?;
    if let Compiler::Child(child) = &mut compiler {
        budget(child);
    }
    let mut stage = Stage::new(trial, component("static"));
    stage.sandbox.compiler = compiler;
    let sandbox = stage.engine()?;
    let active = stage.load(&sandbox)?;
    let (sandbox, loaded) = tokio::task::spawn_blocking(move || {
        let loaded = sandbox.load(Source::elsewhere(&bomb), &[], &Grant::default()).map(drop);
        (sandbox, loaded)
    })
    .await?;
    let told = match loaded {
        Err(Error::CompileBudget(_)) => "refused: compile budget".to_owned(),
        other => of_load(other),
    };
    let report = active.attempt(stage.call("{\"n\":1}")).await;
    drop(sandbox);
    let others = if super::stage::word(&report.outcome) == "emitted 1" { "whole" } else { "harmed" };
    Ok(format!("{told}, others {others}"))
}

fn of_load(loaded: Result<(), Error>) -> String {
    match loaded {
        Ok(()) => "loaded".to_owned(),
        Err(Error::NotAComponent(_)) => "refused: no component".to_owned(),
        Err(Error::Link(why)) if why.contains("is not granted") => "refused: not granted".to_owned(),
        Err(error) => format!("refused: {error}"),
    }
}

/// A component that was changed by chance, the same in every run.
fn changed(whole: &[u8], seed: u64) -> Vec<u8> {
    let digest = Digest::of(&seed.to_be_bytes()).to_string();
    let chance: Vec<usize> = digest.bytes().skip(7).map(usize::from).collect();
    let at = |n: usize| chance[n..n + 6].iter().fold(0, |sum, byte| sum * 61 + byte) % whole.len();
    let mut bytes = whole.to_vec();
    match seed % 3 {
        0 => bytes.truncate(at(0)),
        1 => (0..8).for_each(|n| bytes[at(n * 7)] ^= 1 << (n % 8)),
        _ => {
            let (to, from, length) = (at(0), at(6), at(12) % 64);
            (0..length).for_each(|n| bytes[(to + n) % whole.len()] = whole[(from + n) % whole.len()]);
        }
    }
    bytes
}

/// What becomes of broken components, where they are read and, some of them, where they are loaded.
fn broken(trial: Trial) -> String {
    let tried = catch_unwind(|| {
        let whole = component("undo");
        let sandbox = Sandbox::new(&Stage::new(trial, Vec::new()).sandbox);
        let refused = (0..BROKEN).filter(|seed| {
            let bytes = trial.pick(changed(&whole, *seed), whole.clone());
            let is_refused = Contract::read(&bytes).is_err();
            if let (0, Ok(sandbox)) = (seed % 200, &sandbox) {
                drop(sandbox.load(&bytes, &[], &Grant::default()));
            }
            is_refused
        });
        refused.count() as u64
    });
    match tried {
        Err(_) => "a panic".to_owned(),
        Ok(refused) if refused > BROKEN / 2 => "refused or whole, no panic".to_owned(),
        Ok(refused) => format!("{refused} refused"),
    }
}

/// What becomes of bytes that are given as a component, or of a component.
fn given(trial: Trial, bytes: &[u8]) -> anyhow::Result<String> {
    let stage = Stage::new(trial, trial.pick(bytes.to_vec(), component("static")));
    let refusals = Contract::read(&stage.component).is_err();
    let loaded = of_load(stage.engine()?.load(&stage.component, &[], &stage.grant).map(drop));
    Ok(if refusals == loaded.starts_with("refused") { loaded } else { format!("{loaded} by one of two") })
}

/// A folder for compiled components.
struct Kept(tempfile::TempDir);

impl Kept {
    fn new() -> anyhow::Result<Kept> {
        Ok(Kept(tempfile::tempdir()?))
    }

    fn stage(&self, trial: Trial, guest: &str) -> Stage {
        let mut stage = Stage::new(trial, component(guest));
        stage.sandbox = Settings { cache: Some(self.0.path().join("cache")), ..stage.sandbox };
        stage
    }

    /// Compiles a guest, and gives the file where its machine code is kept.
    fn fill(&self, trial: Trial, guest: &str) -> anyhow::Result<PathBuf> {
        let known = self.artefacts()?;
        let stage = self.stage(trial, guest);
        stage.load(&stage.engine()?)?;
        self.artefacts()?.into_iter().find(|path| !known.contains(path)).context("it is kept")
    }

    fn artefacts(&self) -> anyhow::Result<Vec<PathBuf>> {
        let Ok(entries) = fs::read_dir(self.0.path().join("cache")) else { return Ok(Vec::new()) };
        let paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "cwasm")).collect())
    }
}

fn machine_code() -> anyhow::Result<Vec<u8>> {
    let kept = Kept::new()?;
    let file = fs::read(kept.fill(Trial::attack(), "static")?)?;
    Ok(file[MAC_BYTES..].to_vec())
}

/// What becomes of machine code of which a byte is another.
fn flipped(trial: Trial) -> anyhow::Result<String> {
    let kept = Kept::new()?;
    let file = kept.fill(trial, "static")?;
    let mut bytes = fs::read(&file)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= trial.pick(1, 0);
    fs::write(&file, &bytes)?;
    let written = fs::metadata(&file)?.ino();
    let stage = kept.stage(trial, "static");
    stage.load(&stage.engine()?)?;
    Ok(if fs::metadata(&file)?.ino() == written { "taken as it was" } else { "compiled again" }.to_owned())
}

/// What runs when the machine code of another component is put in the place of one's own.
async fn swapped(trial: Trial) -> anyhow::Result<String> {
    let kept = Kept::new()?;
    let (own, others) = (kept.fill(trial, "static")?, kept.fill(trial, "flood")?);
    fs::copy(others, own)?;
    let told = kept.stage(trial, "static").play("{\"n\":3}").await?.told();
    Ok(if told == "emitted 1" { "compiled again".to_owned() } else { format!("the other ran: {told}") })
}

/// What becomes of a workflow whose step from elsewhere has a grant for these bytes.
fn tied(trial: Trial, digest: Option<Digest>) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes);
    let tie = digest.map_or(String::new(), |digest| format!("[component]\ndigest = \"{digest}\"\n"));
    write("guest.wasm", &component("static"))?;
    write("guest.toml", format!("grant = 1\n{tie}[state]\nrun = \"rw\"\n[updates]\n").as_bytes())?;
    write(
        "workflow.toml",
        b"workflow = \"w\"\nstart = \"work\"\nstop = [\"done\"]\n[steps.guest]\ncomponent = \"guest.wasm\"\n\
          grant = \"guest.toml\"\n",
    )?;
    Ok(match read(trial, folder.path()) {
        Ok(()) => "loaded with the grant".to_owned(),
        Err(why) if why.contains("is not what its grant is for") => "refused: digest".to_owned(),
        Err(why) if why.contains("does not say which bytes it is for") => "refused: no digest".to_owned(),
        Err(why) => format!("refused: {why}"),
    })
}

fn read(trial: Trial, folder: &Path) -> Result<(), String> {
    let loading = Loading { walls: trial.walls, ..Loading::default() };
    Project::read(folder, &loading).map(drop).map_err(|refused| refused.to_string())
}

/// What a workflow that begins so, with steps of these worlds, is told.
fn findings(start: &str, worlds: &[&str]) -> Vec<String> {
    let mut contracts = BTreeMap::new();
    let mut text = format!("workflow = \"w\"\nstart = \"{start}\"\nstop = [\"pong\"]\n");
    for (n, world) in worlds.iter().enumerate() {
        match Contract::read(&worlds::component(world)) {
            Ok(contract) => contracts.insert(format!("step{n}"), Arc::new(contract)),
            Err(refusals) => return refusals.iter().map(ToString::to_string).collect(),
        };
        text += &format!("[steps.step{n}]\ncomponent = \"step{n}.wasm\"\n");
    }
    let told =
        |findings: Vec<workflow::Finding>| findings.into_iter().map(|finding| finding.message).collect();
    workflow::parse(&text)
        .and_then(|file| workflow::join(&file, &contracts, &BTreeMap::new()))
        .map_or_else(told, |_| Vec::new())
}

/// How many lines a workflow is told of what its step wants.
fn joined(trial: Trial, items: &str, lines: usize) -> String {
    let told = findings("ping", &[&world("", trial.pick(items, HANDLER))]);
    match told.len() {
        0 => "joined".to_owned(),
        some if some == lines => format!("refused: {some} lines at once"),
        some => format!("refused: {some} lines: {told:?}"),
    }
}

/// What becomes of a component that the workflow's check has not seen.
fn linked(trial: Trial) -> anyhow::Result<String> {
    let bytes = worlds::component(&world("", &format!("import lockstep:step/state@0.1.0; {HANDLER}")));
    Ok(of_load(Stage::new(trial, Vec::new()).engine()?.load(&bytes, &[], &Grant::default()).map(drop)))
}

/// What a workflow is told whose component claims what it may not.
fn claimed(trial: Trial, attack: &str, names: &str) -> String {
    let harmless = world("", HANDLER);
    let told = findings("ping", &[trial.pick(attack, &harmless)]);
    match told.iter().any(|line| line.contains(names)) {
        true => format!("refused: names `{names}`"),
        false if told.is_empty() => "joined".to_owned(),
        false => format!("refused: {told:?}"),
    }
}

/// The same of two steps that speak of one event, of which one wants what the other does not give.
fn misfit(trial: Trial) -> String {
    let harmless = world("", HANDLER);
    let taker = harmless.replace("record ping { n: u32 }", "record ping { n: string }");
    let giver = world(
        "record first { n: u32 }",
        "use events.{first, ping}; export on-first: func(event: first) -> result<ping, failure>;",
    );
    let told = findings("first", &[&giver, trial.pick(&taker, &harmless)]);
    match told.iter().any(|line| line.contains("`n`") || line.contains(".n")) {
        true => "refused: names `n`".to_owned(),
        false if told.is_empty() => "joined".to_owned(),
        false => format!("refused: {told:?}"),
    }
}
