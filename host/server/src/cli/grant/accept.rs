//! `lockstep grant accept`: a person has looked at a component; its grant and the lock now say so.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use lockstep_core::grant::Grant;
use lockstep_core::workflow::file::{GivenGrant, Step};
use toml_edit::{DocumentMut, Item, Table, TableLike, value};

use super::pins::{Pinned, pinned, with_pins};
use super::servers;
use crate::cli::inspect;
use crate::contract;
use crate::exit::Exit;
use crate::inert::inert;
use crate::lock::{Lock, write_whole};
use crate::operator::Operator;
use crate::project::{Candidate, Loading, Refused, WorkflowFile, read_grant};
use crate::report;
use crate::source::{Place, unreadable};

/// Accept the component of a step: bind its grant to these bytes, and lock them
///
/// Shows what the component asks for, then writes its digest and its asks into the step's grant, whose
/// comments stay, and the step into lockstep.lock.
///
/// Where its grant has tools of servers, each is asked what they are; what has changed since they were
/// accepted is shown, and a `pin` of them is written into the grant: whatever they are changed to later is
/// denied until it is accepted too.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lockstep grant accept pay --workflow plugins/refunds
  lockstep grant accept theirs.wasm --workflow . --yes
  lockstep grant accept pay --config lockstep.toml      where a server of its tools is a program")]
pub(super) struct Accept {
    /// A step, or the component of one
    #[arg(value_name = "STEP|COMPONENT")]
    named: String,
    /// A workflow.toml, or the folder it is in
    #[arg(long, default_value = ".")]
    workflow: PathBuf,
    /// Ask nothing
    #[arg(long, short)]
    yes: bool,
}

/// A grant's file, as it is.
struct GrantFile {
    path: PathBuf,
    text: String,
    grant: Grant,
}

impl Accept {
    pub(super) fn run(self, config: Option<&Path>) -> anyhow::Result<Exit> {
        let file = WorkflowFile::read(&self.workflow)?;
        let step = self.step(&file)?;
        let candidate = file.candidate(step, &Loading::new())?;
        let grant = grant(&file, step, &candidate)?;
        let none = Grant::default();
        let given = grant.as_ref().map_or(&none, |grant| &grant.grant);
        let tie = given.component.clone().unwrap_or_default();
        let folder = grant.as_ref().and_then(|grant| grant.path.parent()).unwrap_or(Path::new(""));
        let signer = candidate.signer(&tie, folder).map_err(|why| Refused::one(inert(&why)))?;
        let mut lock = Lock::read(file.folder())?;
        let name = &step.name.value;
        let mut lines = told(step, &candidate, given);
        let tools = match servers::named(given) {
            named if named.is_empty() => Vec::new(),
            named => pinned(given, &servers::ask(&Operator::find(config)?, &named)?)?,
        };
        lines.extend(tools.iter().flat_map(|tools| tools.told(name, &lock)));
        lines.iter().for_each(|line| report::progress(line));
        if !self.yes && !agreed()? {
            report::progress("nothing is changed");
            return Ok(Exit::Refused);
        }
        if let Some(grant) = &grant {
            tied(grant, &candidate, &tools)?;
        }
        lock.insert(name, candidate.locked(step, signer));
        lock.accept(name, tools.iter().map(|tools| tools.locked(name)));
        lock.write(file.folder())?;
        report::progress(&format!("accepted: step `{name}` is {}", candidate.digest()));
        Ok(Exit::Done)
    }

    /// The step that is named, itself or by its component.
    fn step<'f>(&self, file: &'f WorkflowFile) -> Result<&'f Step, Refused> {
        let by_component = || {
            let wanted = Place::parse(&self.named, Path::new("")).ok()?;
            let is_it = |step: &&Step| match (file.place(step), &wanted) {
                (Ok(Some(Place::File(there))), Place::File(named)) => {
                    there.canonicalize().ok().is_some_and(|there| named.canonicalize().ok() == Some(there))
                }
                (Ok(Some(there)), wanted) => there == *wanted,
                _ => false,
            };
            file.parts().find(is_it)
        };
        match file.step(&self.named) {
            Ok(step) => Ok(step),
            Err(refused) => by_component().ok_or(refused),
        }
    }
}

/// The file of a step's grant. A component that asks for something has to have one.
fn grant(file: &WorkflowFile, step: &Step, candidate: &Candidate) -> Result<Option<GrantFile>, Refused> {
    let name = &step.name.value;
    let refused = |why: String| Refused::one(format!("{}: step `{name}`: {why}", file.path.display()));
    if let GivenGrant::Inline(_) = &step.grant {
        let why = format!(
            "its grant stands in the workflow, where it is tied to nothing; move [steps.{name}.grant] to \
             grants/{name}.toml and write `grant = \"grants/{name}.toml\"`"
        );
        return Err(refused(why));
    }
    let Some(path) = file.grant_path(step) else {
        return match super::draft::is_needed(&candidate.contract) {
            false => Ok(None),
            true => Err(refused(format!(
                "its component asks for rights, and it has no grant; make one with `lockstep grant draft {} -o \
                 {}` and write `grant = \"grants/{name}.toml\"`",
                report::word(&candidate.place.to_string()),
                report::word(&file.beside(&format!("grants/{name}.toml")).display().to_string()),
            ))),
        };
    };
    let shown = path.display().to_string();
    let text = fs::read_to_string(&path).map_err(|error| {
        let draft = format!("lockstep grant draft {} -o {shown}", candidate.place);
        refused(format!("its grant {}; make it with `{draft}`", unreadable(&shown, &error)))
    })?;
    let grant = read_grant(&text, &shown)?;
    Ok(Some(GrantFile { path, text, grant }))
}

/// What a person is to look at.
fn told(step: &Step, candidate: &Candidate, grant: &Grant) -> Vec<String> {
    let (digest, asks) = (candidate.digest(), contract::asks(&candidate.contract));
    let tie = grant.component.clone().unwrap_or_default();
    let was = |before: Option<lockstep_core::blob::Digest>, now| match before {
        Some(before) if before != now => format!("  (was {before})"),
        _ => String::new(),
    };
    let mut lines = vec![
        format!("step `{}`: {}", step.name.value, candidate.place),
        format!("  digest  {digest}{}", was(tie.digest, digest)),
        format!("  asks    {asks}{}", was(tie.asks, asks)),
    ];
    let rights = inspect::rights(&candidate.contract, grant);
    if rights.is_empty() {
        lines.push("  it asks for nothing".to_owned());
    }
    lines.extend(rights.iter().map(|line| {
        let missing =
            if line.standing == inspect::Standing::Missing { "; add it before it is loaded" } else { "" };
        format!("  {:11}  {}  {}{missing}", line.standing.as_str(), line.table, line.interfaces.join(", "))
    }));
    lines.extend(grant.http.rules.iter().map(|rule| format!("               {rule}")));
    lines.extend(grant.tools.rules.iter().map(|rule| format!("               {}", rule.name())));
    lines.iter().map(|line| inert(line).into_owned()).collect()
}

/// Whether the person at the terminal says yes.
fn agreed() -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let why = "nobody can be asked whether this is accepted, for there is no terminal; say `--yes`";
        return Err(Refused::one(why).into());
    }
    write!(io::stderr().lock(), "accept? (yes/no) ")?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "yes"))
}

/// Writes digest, asks and pins into the grant's file; everything else in it stays as it is.
fn tied(grant: &GrantFile, candidate: &Candidate, tools: &[Pinned]) -> Result<(), Refused> {
    let refused = |why: String| Refused::one(format!("{} cannot be changed: {why}", grant.path.display()));
    let asks = contract::asks(&candidate.contract).to_string();
    let text = with_tie(&grant.text, &candidate.digest().to_string(), &asks)
        .and_then(|text| with_pins(&text, tools))
        .map_err(refused)?;
    match text == grant.text {
        true => Ok(()),
        false => write_whole(&grant.path, &text).map_err(|error| refused(error.to_string())),
    }
}

fn with_tie(text: &str, digest: &str, asks: &str) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error| format!("{error}"))?;
    let component = document.entry("component").or_insert_with(|| Item::Table(Table::new()));
    let component = component.as_table_like_mut().ok_or("`component` is no table")?;
    set(component, "digest", digest);
    set(component, "asks", asks);
    Ok(document.to_string())
}

/// Sets a text in a table; the comments beside one that is there stay.
pub(super) fn set(table: &mut dyn TableLike, key: &str, now: &str) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(there) => {
            let decor = there.decor().clone();
            *there = now.into();
            *there.decor_mut() = decor;
        }
        None => {
            table.insert(key, value(now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn what_is_written_into_a_grant_keeps_its_comments_and_everything_else() {
        let text = "# ours\ngrant = 1\n\n[component] # theirs\ndigest = 'old' # of May\n# the key\nsigner = \
                    \"k.pub\"\n\n[state]   # counts\nrun   = \"r\"\n";
        expect![[r#"
            # ours
            grant = 1

            [component] # theirs
            digest = "new" # of May
            # the key
            signer = "k.pub"
            asks = "asked"

            [state]   # counts
            run   = "r"
        "#]]
        .assert_eq(&with_tie(text, "new", "asked").unwrap());
    }

    #[test]
    fn a_grant_that_is_tied_to_nothing_gets_its_table() {
        expect![[r#"
            grant = 1
            [state]
            run = "r"

            [component]
            digest = "new"
            asks = "asked"
        "#]]
        .assert_eq(&with_tie("grant = 1\n[state]\nrun = \"r\"\n", "new", "asked").unwrap());
    }
}
