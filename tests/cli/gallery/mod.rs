//! The gallery: each input of a plugin comes to the result that was written down for it by hand, with the servers of
//! this machine in the place of services.

mod digest;
mod extract_model;
mod payout;
mod rag;
mod strategies;
mod triage;

use std::fs;
use std::path::{Path, PathBuf};

use lockstep_core::event::Timestamp;
use lockstep_core::journal::Journal;
use lockstep_core::run::{RunId, Signal};
use lockstep_journal::Sqlite;
use lockstep_journal::conformance::wait;
use lockstep_local::{Answer, Asked, KEY, Service};
use lockstep_runtime::archive;
use serde_json::{Value, json};

use crate::project::{Ended, Project, command, ended};

/// The ports at which the plugins' files look for a model and for a bank.
const MODEL: &str = "8089";
const PAYMENTS: &str = "8090";

fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins").canonicalize().unwrap()
}

/// The files of a workflow in a folder of its own, where nothing else of it is: the services are at the ports where
/// they are now, and whatever the files name beside them is where it was.
struct Place {
    plugin: PathBuf,
    project: Project,
}

impl Place {
    fn new(plugin: &str, services: &[(&str, u16)]) -> Place {
        let plugin = plugins().join(plugin);
        assert!(plugin.join("components").exists(), "the plugins are not built; run `cargo xtask guests`");
        let place = Place { plugin, project: Project::empty() };
        fs::create_dir(place.project.path("grants")).unwrap();
        for file in ["workflow.toml", "lockstep.toml"] {
            place.copy(file, services);
        }
        for grant in fs::read_dir(place.plugin.join("grants")).into_iter().flatten() {
            place.copy(&format!("grants/{}", grant.unwrap().file_name().to_string_lossy()), services);
        }
        place
    }

    fn copy(&self, file: &str, services: &[(&str, u16)]) {
        let Ok(text) = fs::read_to_string(self.plugin.join(file)) else { return };
        let from = self.plugin.join(file);
        let home = |levels: usize| from.ancestors().nth(levels + 1).unwrap().display();
        let text =
            text.replace("\"../../", &format!("\"{}/", home(2))).replace("\"../", &format!("\"{}/", home(1)));
        let text = text.replace("\"components/", &format!("\"{}/components/", home(0)));
        let ported = |text: String, (named, port): &(&str, u16)| text.replace(named, &port.to_string());
        fs::write(self.project.path(file), services.iter().fold(text, ported)).unwrap();
    }

    /// With a file changed in this way.
    fn changed(self, file: &str, from: &str, to: &str) -> Place {
        let text = fs::read_to_string(self.project.path(file)).unwrap();
        assert!(text.contains(from), "{file} has no `{from}`");
        fs::write(self.project.path(file), text.replace(from, to)).unwrap();
        self
    }

    fn lockstep(&self, arguments: &[&str]) -> Ended {
        let mut command = command(self.project.folder(), arguments);
        ended(command.env("MODEL_KEY", KEY).env("PAYMENTS_KEY", KEY).output().unwrap())
    }

    fn run(&self, input: &str) -> Ended {
        self.go(&["--input", &format!("@{}", self.plugin.join(format!("input/{input}.json")).display())])
    }

    fn take_up(&self) -> Ended {
        self.go(&["--take-up"])
    }

    fn go(&self, more: &[&str]) -> Ended {
        let config = ["--config", "lockstep.toml"];
        let config = if self.project.path("lockstep.toml").exists() { &config[..] } else { &[] };
        self.lockstep(&[&["run", ".", "--store", "lockstep.db"], more, config].concat())
    }

    /// What an input comes to when people say to it what was written down.
    fn result(&self, input: &str) -> Value {
        let mut ended = self.run(input);
        while ended.code == 8 {
            self.waits().iter().for_each(|asked| self.say(asked, &self.written_down("answers", input)));
            ended = self.take_up();
        }
        assert_eq!(ended.code, 0, "{input}: {ended:?}");
        serde_json::from_str(&ended.stdout).unwrap()
    }

    /// What people are asked now.
    fn waits(&self) -> Vec<Value> {
        serde_json::from_str(&self.lockstep(&["ask", "ls", "--json"]).stdout).unwrap()
    }

    /// The answer whose `asked` the question says.
    fn say(&self, asked: &Value, answers: &Value) {
        let question = if asked["kind"] == "approval" { &asked["arguments"] } else { &asked["asked"] };
        let is_for = |answer: &&Value| {
            let said = answer["asked"].as_object().unwrap();
            said.iter().all(|(key, value)| question[key] == *value)
        };
        let answer = answers.as_array().unwrap().iter().find(is_for).unwrap_or_else(|| panic!("{asked}"));
        let by = answer["by"].as_str().unwrap();
        let said = match (asked["kind"].as_str().unwrap(), answer["refuse"].as_str()) {
            ("approval", Some(why)) => self.lockstep(&["refuse", id(asked), "--reason", why, "--by", by]),
            ("approval", None) => self.lockstep(&["approve", id(asked), "--by", by]),
            _ => self.lockstep(&["answer", id(asked), &answer["answer"].to_string(), "--by", by]),
        };
        assert_eq!(said.code, 0, "{said:?}");
    }

    /// Nobody says anything until the deadline.
    fn let_pass(&self, asked: &Value) {
        let store = Sqlite::open(&self.project.path("lockstep.db")).unwrap();
        let late = Timestamp(asked["deadline_ms"].as_u64().unwrap() + 1);
        let passed = async {
            let mut run = archive::read(&store, &RunId::named(&self.last_run())).await.unwrap().unwrap();
            store.commit(vec![run.signal(Signal::TimersDue, late)]).await
        };
        wait(Box::pin(passed)).unwrap();
    }

    /// The id of the newest run.
    fn last_run(&self) -> String {
        crate::approvals::runs(&self.project.path("lockstep.db")).remove(0)
    }

    fn inputs(&self) -> Vec<String> {
        let files = fs::read_dir(self.plugin.join("input")).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|end| end == "json"));
        let mut names: Vec<_> =
            files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn expected(&self, input: &str) -> Value {
        self.written_down("expected", input)
    }

    /// What was written down for an input.
    fn written_down(&self, folder: &str, input: &str) -> Value {
        let path = self.plugin.join(folder).join(format!("{input}.json"));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap()
    }

    /// Every input comes to what was written down for it.
    fn golden(&self) {
        let inputs = self.inputs();
        assert!(inputs.len() >= 3, "{inputs:?}");
        for input in inputs {
            let result = self.result(&input);
            assert_eq!(result, self.expected(&input), "{input}: {result:#}");
        }
    }
}

/// A model that says the same to everybody.
struct Stubborn(&'static str);

impl Service for Stubborn {
    fn notice(&self) -> &'static str {
        "a stand-in of the tests"
    }

    fn answer(&self, _: &Asked) -> Answer {
        Answer::ok(json!({ "choices": [{ "message": { "content": self.0 } }] }))
    }
}

/// The number of a question or an approval.
fn id(asked: &Value) -> &str {
    asked["question"].as_str().or(asked["approval"].as_str()).unwrap()
}

const PLUGINS: [&str; 6] = ["digest", "extract-model", "payout", "rag", "strategies", "triage"];

#[test]
fn what_goes_wrong_comes_to_what_the_cases_say() {
    for plugin in ["digest", "payout", "rag", "strategies"] {
        let ended = ended(command(&plugins().join(plugin), &["test", "."]).output().unwrap());
        assert_eq!(ended.code, 0, "{plugin}: {}{}", ended.stdout, ended.stderr);
    }
}

#[test]
fn the_pictures_beside_the_workflows_are_what_graph_draws() {
    for plugin in PLUGINS {
        let drawn = Place::new(plugin, &[]).lockstep(&["graph", ".", "--format", "svg"]);
        expect_test::expect_file![plugins().join(plugin).join("graph.svg")].assert_eq(&drawn.stdout);
    }
}

#[test]
fn the_workflows_check_without_a_warning() {
    for plugin in PLUGINS {
        let ended = Place::new(plugin, &[]).lockstep(&["check", "."]);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{plugin}");
    }
}

/// A page, and the folder from which its links lead.
fn pages() -> Vec<(PathBuf, String)> {
    let readme = |plugin: &str| plugins().join(plugin).join("README.md");
    let pages = PLUGINS.into_iter().map(readme).chain([plugins().join("../docs/patterns.md")]);
    let page = |path: PathBuf| (path.parent().unwrap().to_owned(), fs::read_to_string(&path).unwrap());
    pages.map(page).collect()
}

/// The parts of a text that stand after one thing and before another.
fn between<'t>(text: &'t str, before: &str, after: &str) -> Vec<&'t str> {
    text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect()
}

#[test]
fn what_the_pages_name_is_there() {
    for (folder, text) in pages() {
        let links = between(&text, "](", ")").into_iter().filter(|link| !link.starts_with("http"));
        let inputs = between(&text, "@", ".json").into_iter().map(|input| format!("{input}.json"));
        let pictures = between(&text, "<img src=\"", "\"").into_iter().map(str::to_owned);
        let named: Vec<String> = links.map(str::to_owned).chain(inputs).chain(pictures).collect();
        assert!(!named.is_empty(), "{}", folder.display());
        for name in named {
            assert!(folder.join(&name).exists(), "{}: {name}", folder.display());
        }
    }
}

#[test]
fn every_workflow_stands_on_the_page_of_patterns() {
    let (_, page) = pages().pop().unwrap();
    for entry in fs::read_dir(plugins()).unwrap().map(|entry| entry.unwrap()) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().join("expected").exists() {
            assert!(page.contains(&format!("(../plugins/{name})")), "{name}");
        }
    }
}
