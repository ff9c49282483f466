//! What the tools find, in the author's terms: his file and line, the words of his world, and what to do instead of
//! what a step does not have.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use lockstep_core::suggest::{did_you_mean, nearest};
use serde::Deserialize;

use super::generate::CHECK;
use super::model::{MODULES, Model};
use crate::Error;
use crate::build::Job;

/// Something that a tool found.
#[derive(Deserialize)]
pub(super) struct Finding {
    /// From the folder of the step; empty, if it is nowhere.
    pub(super) file: String,
    /// Counted from 1.
    pub(super) line: usize,
    /// Counted from 1.
    pub(super) column: usize,
    /// What.
    pub(super) text: String,
    /// The line itself.
    pub(super) source: String,
}

/// Who tells them.
pub(super) struct Teller {
    folder: PathBuf,
    main: PathBuf,
    wit: PathBuf,
    world: String,
    /// From the name in JavaScript to that in WIT.
    handlers: Vec<(String, String)>,
    events: Vec<String>,
    modules: Vec<&'static str>,
    hints: BTreeMap<String, String>,
}

/// An error that holds all of them, each once; none, if there is none.
pub(super) fn all(job: &Job, mut found: Vec<String>) -> Result<(), Error> {
    let mut told = BTreeSet::new();
    found.retain(|one| told.insert(one.clone()));
    match found.is_empty() {
        true => Ok(()),
        false => Err(Error::Code { step: job.source.name.clone(), told: found.join("\n") }),
    }
}

impl Teller {
    pub(super) fn new(job: &Job, model: &Model) -> Teller {
        let names = |handler: &super::model::Handler| (handler.name.clone(), handler.wit.to_owned());
        let hints = include_str!("../../../../guest-sdk/js/src/hints.json");
        Teller {
            folder: job.source.folder.clone(),
            main: job.source.main.clone(),
            wit: job.source.wit.clone(),
            world: model.name.to_owned(),
            handlers: model.handlers.iter().map(names).collect(),
            events: model.classes().into_iter().map(str::to_owned).collect(),
            modules: model.modules.iter().map(|(module, _)| *module).collect(),
            hints: serde_json::from_str(hints).expect("the hints are an object of texts"),
        }
    }

    /// What esbuild found.
    pub(super) fn found(&self, finding: &Finding) -> String {
        let text = self.explained(&finding.text);
        let source = match finding.source.trim() {
            "" => String::new(),
            line => format!("\n    {line}"),
        };
        match finding.file.is_empty() {
            true => text,
            false => {
                format!("{}:{}:{}: {text}{source}", self.shown(&finding.file), finding.line, finding.column)
            }
        }
    }

    /// What tsc wrote, finding by finding: `step.ts(3,7): error TS2322: …`, and lines that go on with it.
    pub(super) fn checked(&self, told: &str) -> Vec<String> {
        let mut findings: Vec<String> = Vec::new();
        for line in told.lines().filter(|line| !line.trim().is_empty()) {
            match (line.starts_with(' '), findings.last_mut()) {
                (true, Some(last)) => *last = format!("{last}\n  {line}"),
                _ => findings.push(self.type_error(line)),
            }
        }
        findings
    }

    /// Handlers that the author's file does not export, and exports that look like some.
    pub(super) fn handlers(&self, exports: &[String]) -> Vec<String> {
        let known = |name: &str| self.handlers.iter().any(|(handler, _)| handler == name);
        let strangers: Vec<&str> = exports
            .iter()
            .map(String::as_str)
            .filter(|name| !known(name) && looks_like_a_handler(name))
            .collect();
        let missing: Vec<_> =
            self.handlers.iter().filter(|(name, _)| !exports.iter().any(|export| export == name)).collect();
        let mut meant = Vec::new();
        let mut told = Vec::new();
        for (name, wit) in missing {
            let near = nearest(name, exports.iter().map(String::as_str).filter(|export| !known(export)));
            meant.extend(near);
            told.push(self.missing(name, wit, near));
        }
        told.extend(
            strangers.into_iter().filter(|name| !meant.contains(name)).map(|name| self.stranger(name)),
        );
        told
    }

    /// What the engine said when it evaluated the modules, which it does once, while the step is built.
    pub(super) fn evaluated(&self, error: &str) -> String {
        let wanted =
            |line: &&str| !line.trim().is_empty() && !line.contains("(gen)") && !line.ends_with("at gen");
        let mut lines = error.lines().filter(wanted);
        let said = lines.find_map(|line| Some(line.rsplit_once("module evaluation: ")?.1)).unwrap_or(error);
        let frames: Vec<&str> = lines.map(str::trim).collect();
        let place = frames.first().and_then(|frame| Some(frame.rsplit_once('(')?.1.trim_end_matches(')')));
        let place = place.map_or(self.main.display().to_string(), |place| self.shown(place));
        let told = [format!("{place}: while the step is built: {said}")].into_iter();
        told.chain(frames.iter().map(|frame| format!("    {frame}"))).collect::<Vec<_>>().join("\n")
    }

    fn missing(&self, name: &str, wit: &str, near: Option<&str>) -> String {
        let wanted = format!("`{name}`, the handler `{wit}` of world `{}`", self.world);
        match near {
            Some(near) => {
                let place = self.place_of(near);
                format!("{place}: it does not export {wanted}; it exports `{near}`: did you mean that?")
            }
            None => {
                let main = self.main.display();
                format!("{main}: it does not export {wanted}; write `export function {name}(…)`")
            }
        }
    }

    fn stranger(&self, name: &str) -> String {
        let known = self.handlers.iter().map(|(name, _)| name.as_str());
        let place = self.place_of(name);
        format!(
            "{place}: it exports `{name}`, which is no handler of world `{}`{}",
            self.world,
            instead(name, known)
        )
    }

    fn type_error(&self, line: &str) -> String {
        let Some((file, place, text)) = split(line) else { return line.to_owned() };
        let text = self.explained(text);
        let checks = Path::new(crate::GENERATED).join(CHECK);
        match Path::new(file) == checks {
            true => self.wrong_handler(&place, &text),
            false => format!("{}:{place}: {text}", self.shown(file)),
        }
    }

    /// A line of the check stands for the handler that it names.
    fn wrong_handler(&self, place: &str, text: &str) -> String {
        let line = place.split(':').next().and_then(|line| line.parse::<usize>().ok()).unwrap_or_default();
        let checks = self.folder.join(crate::GENERATED).join(CHECK);
        let checks = fs::read_to_string(checks).unwrap_or_default();
        let handler = checks.lines().nth(line.saturating_sub(1)).and_then(|line| line.strip_prefix("step."));
        let name = handler.and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        format!("{}: `{name}` is not what world `{}` says: {text}", self.place_of(name), self.world)
    }

    /// Where the author's file exports a name.
    fn place_of(&self, name: &str) -> String {
        let text = fs::read_to_string(&self.main).unwrap_or_default();
        let exports = |line: &str| line.trim_start().starts_with("export") && has_word(line, name);
        match text.lines().position(exports) {
            Some(at) => format!("{}:{}", self.main.display(), at + 1),
            None => self.main.display().to_string(),
        }
    }

    /// What was found, with what to do instead.
    fn explained(&self, text: &str) -> String {
        if let Some(name) = unquoted(text, "No matching export in \"gen/lockstep.js\" for import ", '"') {
            return self.no_module(name);
        }
        if let Some(name) = unquoted(text, "No matching export in \"gen/events.js\" for import ", '"') {
            return self.no_event(name);
        }
        if let Some(name) = member(text, "./gen/lockstep.js") {
            return self.no_module(name);
        }
        if let Some(name) = member(text, "./gen/events.js") {
            return self.no_event(name);
        }
        if let Some(name) =
            text.find("Cannot find name '").and_then(|at| unquoted(&text[at..], "Cannot find name ", '\''))
            && let Some(hint) = self.hints.get(name)
        {
            return format!("there is no `{name}`; {hint}");
        }
        if let Some(name) = unquoted(text, "Could not resolve ", '"') {
            return no_package(name);
        }
        let more = match text {
            text if text.contains("'#event' is missing") => "; an event is made with `new`",
            text if text.contains("=> Promise<") => {
                "; a handler is not `async`: whatever it calls has its result at once"
            }
            _ => return text.to_owned(),
        };
        format!("{}{more}", text.trim_end_matches('.'))
    }

    fn no_module(&self, name: &str) -> String {
        let module = if LEVELS.contains(&name) { "log" } else { name };
        match MODULES.contains(&module) {
            true => format!(
                "world `{}` does not import what `{name}` calls; add `import lockstep:step/{module}@0.1.0;` to it in {}",
                self.world,
                self.wit.display()
            ),
            false => {
                let known = self.modules.iter().copied().chain(["json", "Failure"]).chain(LEVELS);
                format!("the SDK has no `{name}`{}", did_you_mean(name, known))
            }
        }
    }

    fn no_event(&self, name: &str) -> String {
        let known = self.events.iter().map(String::as_str);
        format!("world `{}` has no event `{name}`{}", self.world, instead(name, known))
    }

    fn shown(&self, file: &str) -> String {
        self.folder.join(file).display().to_string()
    }
}

/// The name that was meant, or all that there are.
fn instead<'n>(name: &str, known: impl Iterator<Item = &'n str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => format!("; there are {}", known.map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ")),
    }
}

fn no_package(name: &str) -> String {
    match package(name) {
        _ if name.starts_with(['.', '/']) => format!("there is no file `{name}`"),
        None => format!("there is no module `{name}`"),
        Some(package) => {
            format!(
                "there is no package `{package}`; `npm install {package}` in the step's folder puts it there"
            )
        }
    }
}

/// The package that a module is of: `@tea/pot/lid` is of `@tea/pot`. To npm anything else than a package's own name is
/// a place somewhere, `tea/pot` one of GitHub, whose scripts it runs.
fn package(module: &str) -> Option<&str> {
    let is_word = |word: &str| {
        let is_plain = |char: char| char.is_ascii_alphanumeric() || "-_.~".contains(char);
        word.starts_with(|first: char| first.is_ascii_alphanumeric()) && word.chars().all(is_plain)
    };
    let words = if module.starts_with('@') { 2 } else { 1 };
    let end = module.match_indices('/').nth(words - 1).map_or(module.len(), |(at, _)| at);
    let package = &module[..end];
    let mut parts = package.strip_prefix('@').unwrap_or(package).split('/');
    (parts.clone().count() == words && parts.all(is_word)).then_some(package)
}

const LEVELS: [&str; 5] = ["trace", "debug", "info", "warn", "error"];

/// `onRefundRequested`
fn looks_like_a_handler(name: &str) -> bool {
    name.strip_prefix("on").is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))
}

/// `step.ts(3,7): error TS2322: …`: file, `3:7` and the rest.
fn split(line: &str) -> Option<(&str, String, &str)> {
    let (place, text) = line.split_once("): ")?;
    let (file, place) = place.rsplit_once('(')?;
    Some((file, place.replace(',', ":"), text.strip_prefix("error ").unwrap_or(text)))
}

/// What stands in quotes after a beginning.
fn unquoted<'t>(text: &'t str, beginning: &str, quote: char) -> Option<&'t str> {
    let rest = text.strip_prefix(beginning)?.strip_prefix(quote)?;
    Some(&rest[..rest.find(quote)?])
}

/// The member that tsc does not find in a module of `gen/`.
fn member<'t>(text: &'t str, module: &str) -> Option<&'t str> {
    let (head, rest) = text.split_once("has no exported member ")?;
    if !head.contains(&format!("'\"{module}\"'")) {
        return None;
    }
    rest.split(['\'', '"']).nth(1)
}

fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    line.split(|c| !is_part(c)).any(|part| part == word)
}
