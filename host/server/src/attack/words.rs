//! Attack 35, on whoever reads: what a guest says moves no cursor, turns no text round and is no markup,
//! in what commands print and draw.

use std::fs;
use std::sync::Arc;

use lockstep_core::workflow::Workflow;
use lockstep_hostile::words::{self, Place};

use super::secrets::shown;
use super::stage::{Played, Stage};
use super::{Case, Opposite, Trial, case};
use crate::graph::{self, Format};
use crate::inert;
use crate::project::{Loading, Project};
use crate::report::row::Object;

/// Clears the screen, retitles the window, rings, and goes back to write over.
pub(super) const ANSI: &str = "\u{1b}[2J\u{1b}]0;root\u{7}\rgood\u{9b}31m";
/// Turns the reading direction round, and hides words where nobody sees them.
pub(super) const BIDI: &str = "a\u{202e}gpj.exe\u{2066}\u{200b}\u{e0068}";
pub(super) const PLAIN: &str = "ordinary words";
/// No text of its own any more, where it is markup.
const HTML: &str = "</text><script>alert(1)</script>";
/// An edge of its own, where quotes end.
const DOT: &str = "a\"]; evil -> b";

pub(super) fn cases() -> Vec<Case> {
    let mut all = printed();
    all.extend(drawn());
    all
}

fn printed() -> Vec<Case> {
    const INERT: &str = "inert";
    vec![
        case("35a", "ANSI escapes in an event's text", INERT, Opposite::Harmless, |trial| {
            Box::pin(told(trial, Place::Event, ANSI))
        }),
        case("35b", "ANSI escapes in an error", INERT, Opposite::Harmless, |trial| {
            Box::pin(told(trial, Place::Failure, ANSI))
        }),
        case("35c", "bidi in an event's text", INERT, Opposite::Harmless, |trial| {
            Box::pin(told(trial, Place::Event, BIDI))
        }),
        case("35d", "bidi in an error", INERT, Opposite::Harmless, |trial| {
            Box::pin(told(trial, Place::Failure, BIDI))
        }),
        case("35e", "both in JSON on stdout", INERT, Opposite::Harmless, |trial| Box::pin(json(trial))),
        case("35f", "both in the names of a workflow's file", INERT, Opposite::Harmless, |trial| {
            Box::pin(async move { named(trial) })
        }),
    ]
}

fn drawn() -> Vec<Case> {
    const INERT: &str = "inert";
    vec![
        case("35g", "HTML in names, drawn as SVG", INERT, Opposite::Harmless, |trial| {
            Box::pin(async move { drawing(trial, Format::Svg, HTML, "<script", "&lt;script") })
        }),
        case("35h", "HTML in names, drawn as Mermaid", INERT, Opposite::Harmless, |trial| {
            Box::pin(async move { drawing(trial, Format::Mermaid, HTML, "<script", "#60;script") })
        }),
        case("35i", "quotes in names, drawn as DOT", INERT, Opposite::Harmless, |trial| {
            Box::pin(async move { drawing(trial, Format::Dot, DOT, "a\"]", "a\\\"]") })
        }),
        case("35j", "ANSI escapes in names, drawn", INERT, Opposite::Harmless, |trial| {
            Box::pin(async move { escapes(trial) })
        }),
    ]
}

/// Whether a terminal that is given this does what it says, or shows it.
pub(super) fn seen(text: &str, escape: &str) -> String {
    let acts = text.lines().any(|line| inert::inert(line) != line);
    match (acts, text.contains(escape)) {
        (true, _) => "active",
        (false, true) => "inert",
        (false, false) => "as it is",
    }
    .to_owned()
}

async fn played(trial: Trial, place: Place, text: &str) -> anyhow::Result<Played> {
    let stage = Stage::new(trial, words::component());
    stage.play(words::work(place, trial.pick(text, PLAIN))).await
}

/// What commands print of a run whose step says this.
async fn told(trial: Trial, place: Place, text: &str) -> anyhow::Result<String> {
    Ok(seen(&shown(&played(trial, place, text).await?).await?, "\\u{"))
}

/// The rows of a run as one object each, as stdout gets them.
async fn json(trial: Trial) -> anyhow::Result<String> {
    let played = played(trial, Place::Event, &format!("{ANSI}{BIDI}")).await?;
    let rows = lockstep_core::journal::Journal::load(&*played.journal, &played.runs[0]).await?;
    let objects = rows.iter().map(|row| serde_json::to_string(&Object::of(row, false)));
    let text = objects.collect::<Result<Vec<_>, _>>()?.join("\n");
    Ok(seen(&inert::output(&text), "\\u202e"))
}

/// What is told of a workflow's file with names that nobody knows.
fn named(trial: Trial) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let attack = format!("{ANSI}{BIDI}");
    let name = serde_json::to_string(trial.pick(attack.as_str(), PLAIN))?;
    let text = format!("workflow = \"w\"\nstart = {name}\nstop = [{name}]\n{name} = 1\n");
    fs::write(folder.path().join("workflow.toml"), text)?;
    match Project::read(folder.path(), &Loading::default()) {
        Ok(_) => Ok("loaded".to_owned()),
        Err(refused) => Ok(seen(&refused.to_string(), "\\u{")),
    }
}

/// A workflow whose names are this, drawn.
fn named_so(trial: Trial, name: &str, format: Format) -> anyhow::Result<String> {
    let name = trial.pick(name, PLAIN);
    let stage = Stage::new(trial, words::component());
    let deployed = stage.deploy(&stage.engine()?)?;
    let mut workflow = Workflow::clone(&Arc::clone(&deployed.workflow));
    workflow.name = name.to_owned();
    workflow.steps.iter_mut().for_each(|step| step.name = name.to_owned());
    workflow.events.iter_mut().for_each(|event| event.short = name.to_owned());
    Ok(graph::draw(&workflow, format))
}

fn drawing(trial: Trial, format: Format, name: &str, acts: &str, escape: &str) -> anyhow::Result<String> {
    let drawn = named_so(trial, name, format)?;
    // An escape may hold what would act without it.
    let told = match (drawn.replace(escape, "").contains(acts), drawn.contains(escape)) {
        (true, _) => "active",
        (false, true) => "inert",
        (false, false) => "as it is",
    };
    Ok(told.to_owned())
}

fn escapes(trial: Trial) -> anyhow::Result<String> {
    let mut words = Vec::new();
    for format in [Format::Svg, Format::Mermaid, Format::Dot] {
        words.push(seen(&named_so(trial, ANSI, format)?, "\u{fffd}"));
    }
    words.dedup();
    Ok(words.join(" and "))
}
