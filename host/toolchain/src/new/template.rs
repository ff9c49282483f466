//! Workflows to begin with: the plugins of this repository that show a pattern, put into a project of their own. What
//! a plugin shares with others comes along; nothing of it is written twice.

use std::collections::BTreeSet;
use std::path::Path;

use lockstep_core::suggest::did_you_mean;
use toml_edit::{Array, DocumentMut, Item, value};

use crate::starter::File;
use crate::{Error, embedded, rust};

/// What plugins share: their workspace.
const WORKSPACE: &str = include_str!("../../../../plugins/Cargo.toml");

/// A pattern of the gallery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// As `--from` names it.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// The folder of its plugin.
    plugin: &'static str,
    files: &'static [(&'static str, &'static str)],
    /// Folders of other plugins that it reads, and what is in them.
    also: &'static [(&'static str, &'static [(&'static str, &'static str)])],
}

impl Template {
    /// All of them.
    pub const ALL: [Template; 5] = [
        Template {
            name: "rag",
            about: "answers from documents, with citations",
            plugin: "rag",
            files: embedded::RAG,
            also: &[],
        },
        Template {
            name: "select",
            about: "several strategies at once, and the best of their answers",
            plugin: "strategies",
            files: embedded::STRATEGIES,
            also: &[("rag/corpus", embedded::RAG)],
        },
        Template {
            name: "extract",
            about: "what an invoice says, read by a model and validated by rules",
            plugin: "extract-model",
            files: embedded::EXTRACT_MODEL,
            also: &[
                ("extraction/steps/validate", embedded::EXTRACTION),
                ("extraction/wit", embedded::EXTRACTION),
                ("extraction/components", &[]),
            ],
        },
        Template {
            name: "approve",
            about: "a payout that waits for a person",
            plugin: "payout",
            files: embedded::PAYOUT,
            also: &[],
        },
        Template {
            name: "classify",
            about: "mails by their label, by a model and by people",
            plugin: "triage",
            files: embedded::TRIAGE,
            also: &[],
        },
    ];

    /// The one that is called so.
    pub fn named(name: &str) -> Result<Template, String> {
        let names = || Template::ALL.iter().map(|one| one.name).chain(["blank"]);
        Template::ALL.into_iter().find(|one| one.name == name).ok_or_else(|| {
            let known: Vec<_> = names().collect();
            format!(
                "there is no pattern `{name}`{}; one of {}",
                did_you_mean(name, names()),
                known.join(", ")
            )
        })
    }

    /// The files of a project that begins with it, from its folder.
    pub fn project(&self, name: &str) -> Result<Vec<File>, Error> {
        let mut files: Vec<File> = self.files.iter().map(|(path, text)| self.own(name, path, text)).collect();
        for (folder, table) in self.also {
            let (_, within) = folder.split_once('/').unwrap_or(("", folder));
            let inside = table.iter().filter(|(path, _)| path.starts_with(&format!("{within}/")));
            files.extend(inside.map(|(path, text)| file(path, text)));
        }
        for path in shared(&files) {
            let inside = table(&path).into_iter();
            files.extend(inside.map(|(within, text)| {
                file(&format!("{}/{within}", home(&path)), &text.replace("../../../wit/", "../../wit/deps/"))
            }));
        }
        let wit = embedded::WIT.iter().filter(|(path, _)| path.starts_with("wasi-"));
        files.extend(wit.map(|(path, text)| file(&format!("wit/deps/{path}"), text)));
        files.push(file("Cargo.toml", &self.workspace(&files)?));
        files.push(file(".gitignore", "components/\ntarget/\nlockstep.db*\n"));
        files.extend(
            rust::sdk().into_iter().map(|one| File { path: Path::new("sdk/rust").join(one.path), ..one }),
        );
        Ok(files)
    }

    /// A file of the plugin, as it stands in a project.
    fn own(&self, name: &str, path: &str, text: &str) -> File {
        let text = match path {
            "workflow.toml" => text.replacen(&format!("\"{}\"", self.plugin), &format!("\"{name}\""), 1),
            _ => text.replace(&format!("plugins/{}", self.plugin), ".").replace("`plugins/`", "this folder"),
        };
        // What it reads of another plugin lies in the project itself.
        let moved = |text: String, (folder, _): &(&str, _)| {
            let within = folder.split_once('/').map_or(*folder, |(_, within)| within);
            text.replace(&format!("../{folder}"), within)
        };
        File { path: path.into(), text: self.also.iter().fold(text, moved) }
    }

    /// The workspace of its steps and of the crates that they share.
    fn workspace(&self, files: &[File]) -> Result<String, Error> {
        let wrong = |why: String| Error::Manifest { path: "Cargo.toml".into(), why };
        let mut document: DocumentMut = WORKSPACE.parse().map_err(|error| wrong(format!("{error}")))?;
        let manifests = files.iter().filter(|file| file.path.ends_with("Cargo.toml"));
        let texts: Vec<&str> = manifests.map(|file| file.text.as_str()).collect();
        let workspace =
            document["workspace"].as_table_mut().ok_or_else(|| wrong("it has no [workspace]".into()))?;
        workspace.insert("members", value(Array::from_iter(["steps/*"])));
        workspace.insert("exclude", value(Array::from_iter(["sdk"])));
        let crates =
            workspace["dependencies"].as_table_mut().ok_or_else(|| wrong("it has no dependencies".into()))?;
        crates
            .retain(|name, _| texts.iter().any(|text| text.contains(&format!("\n{name}.workspace = true"))));
        for (_, one) in crates.iter_mut() {
            self.bring_home(one);
        }
        Ok(document.to_string())
    }

    /// The path of a crate, in the project.
    fn bring_home(&self, one: &mut Item) {
        let Some(path) = one.as_inline_table_mut().and_then(|table| table.get_mut("path")) else { return };
        let there = path.as_str().unwrap_or_default().to_owned();
        let own = format!("{}/", self.plugin);
        let here = match there.strip_prefix(&own) {
            Some(within) => within.to_owned(),
            None if there.starts_with("../guest-sdk/") => there.replace("../guest-sdk/", "sdk/"),
            None => home(&there),
        };
        *path = here.into();
    }
}

fn file(path: &str, text: &str) -> File {
    File { path: path.into(), text: text.to_owned() }
}

/// The crates of other folders that these files use, and those that they use, by their paths from `plugins/`.
fn shared(files: &[File]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let manifests = files.iter().filter(|file| file.path.ends_with("Cargo.toml"));
    let mut texts: Vec<String> = manifests.map(|file| file.text.clone()).collect();
    while let Some(text) = texts.pop() {
        for (name, path) in crates() {
            let is_used = text.contains(&format!("\n{name}.workspace = true"));
            let files = table(path);
            if is_used && !files.is_empty() && found.insert(path.to_owned()) {
                let manifest = files.into_iter().filter(|(path, _)| *path == "Cargo.toml");
                texts.extend(manifest.map(|(_, text)| text.to_owned()));
            }
        }
    }
    found
}

/// Name and path of each crate that plugins use.
fn crates() -> impl Iterator<Item = (&'static str, &'static str)> {
    WORKSPACE.lines().filter_map(|line| {
        let (name, rest) = line.split_once(" = { path = \"")?;
        Some((name, rest.split('"').next()?))
    })
}

/// What is in the folder of a crate, if it is one that comes along.
fn table(path: &str) -> Vec<(&'static str, &'static str)> {
    let (all, name) = match path.split_once('/') {
        Some(("shared", name)) => (embedded::SHARED, name),
        Some(("extraction", name)) => (embedded::EXTRACTION, name),
        Some(("refunds", "money")) => return embedded::REFUNDS_MONEY.to_vec(),
        _ => return Vec::new(),
    };
    let within = |(path, text): &(&'static str, &'static str)| {
        Some((path.strip_prefix(name)?.strip_prefix('/')?, *text))
    };
    all.iter().filter_map(within).collect()
}

/// Where such a crate lies in a project.
fn home(path: &str) -> String {
    format!("shared/{}", path.rsplit('/').next().unwrap_or(path))
}
