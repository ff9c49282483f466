//! The assistant, on a copy of its documents: each input beside it comes to the result that was written down for
//! it by hand, once people have decided as it is written down, too.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lockstep_core::grant::tools::pin_of;
use lockstep_mcp::{Backoff, Declared, Process, Server, Transport, Value as Variable};
use lockstep_sandbox::ToolServer;
use serde_json::Value;

use crate::project::{Ended, Project};
use crate::tools::desk::reference;

const INPUTS: [&str; 6] =
    ["fee-raised", "not-in-the-policy", "not-now", "nowhere", "one-of-two", "window-shortened"];

fn plugin() -> PathBuf {
    let plugin =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/assistant").canonicalize().unwrap();
    assert!(plugin.join("components").exists(), "the plugins are not built; run `cargo xtask guests`");
    plugin
}

/// A folder with the documents, and the operator's file for it.
struct Copy(Project);

impl Copy {
    fn new() -> Copy {
        let project = Project::empty();
        fs::create_dir(project.path("documents")).unwrap();
        for document in fs::read_dir(plugin().join("documents")).unwrap().map(|entry| entry.unwrap().path()) {
            fs::copy(&document, project.path("documents").join(document.file_name().unwrap())).unwrap();
        }
        let file = fs::read_to_string(plugin().join("lockstep.toml")).unwrap();
        let root = reference().ancestors().nth(7).unwrap().display().to_string();
        Copy(project.with("lockstep.toml", file.replace("../..", &root)))
    }

    fn run(&self, more: &[&str]) -> Ended {
        let workflow = plugin().display().to_string();
        let store = ["--store", "lockstep.db", "--config", "lockstep.toml"];
        self.0.lockstep(&[&["run", &workflow], &store[..], more].concat())
    }

    fn begin(&self, input: &str) -> Ended {
        self.run(&["--input", &format!("@{}", plugin().join(format!("input/{input}.json")).display())])
    }

    fn waits(&self) -> Vec<Value> {
        serde_json::from_str(&self.0.lockstep(&["ask", "ls", "--json"]).stdout).unwrap()
    }

    fn decide(&self, asked: &Value, answers: &[Value]) {
        let is_for = |answer: &&Value| answer["asked"]["path"] == asked["arguments"]["path"];
        let answer = answers.iter().find(is_for).unwrap_or_else(|| panic!("{asked}"));
        let (id, by) = (asked["approval"].as_str().unwrap(), answer["by"].as_str().unwrap());
        let with = answer["with"].to_string();
        let ended = match (answer["refuse"].as_str(), answer["with"].is_object()) {
            (Some(why), _) => self.0.lockstep(&["refuse", id, "--reason", why, "--by", by]),
            (None, true) => self.0.lockstep(&["approve", id, "--with", &with, "--by", by]),
            (None, false) => self.0.lockstep(&["approve", id, "--by", by]),
        };
        assert_eq!(ended.code, 0, "{ended:?}");
    }

    /// What comes of an input when people decide so.
    fn result(&self, input: &str, answers: &[Value]) -> Value {
        let mut ended = self.begin(input);
        while ended.code == 8 {
            self.waits().iter().for_each(|asked| self.decide(asked, answers));
            ended = self.run(&["--take-up"]);
        }
        assert_eq!(ended.code, 0, "{input}: {ended:?}");
        serde_json::from_str(&ended.stdout).unwrap()
    }

    /// The documents that are not as they were, each with its lines.
    fn changed(&self) -> BTreeMap<String, Vec<String>> {
        let mut changed = BTreeMap::new();
        for path in fs::read_dir(self.0.path("documents")).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let (old, new) = (plugin().join("documents").join(&name), fs::read_to_string(&path).unwrap());
            let old = fs::read_to_string(old).unwrap();
            let lines = new.lines().filter(|line| !old.lines().any(|other| other == *line));
            let lines: Vec<_> = lines.map(str::to_owned).collect();
            if old != new {
                changed.insert(name, lines);
            }
        }
        changed
    }
}

/// What was written down for an input, if anything was.
fn written_down(folder: &str, input: &str) -> Option<Value> {
    let text = fs::read_to_string(plugin().join(folder).join(format!("{input}.json"))).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

#[test]
fn documents_are_changed_as_people_say_and_no_others() {
    for input in INPUTS {
        let copy = Copy::new();
        let answers =
            written_down("answers", input).map_or(Vec::new(), |all| all.as_array().unwrap().clone());
        let result = copy.result(input, &answers);
        assert_eq!(result, written_down("expected", input).unwrap(), "{input}: {result:#}");
        let mut told = BTreeMap::new();
        for applied in result["applied"].as_array().into_iter().flatten() {
            let lines = applied["diff"].as_array().unwrap().iter().filter_map(|line| line.as_str());
            let lines = lines.filter_map(|line| line.strip_prefix('+')).map(str::to_owned).collect();
            told.insert(applied["path"].as_str().unwrap().to_owned(), lines);
        }
        assert_eq!(copy.changed(), told, "{input}: what is told is what was done");
    }
}

#[test]
fn the_person_sees_which_document_and_which_lines() {
    let copy = Copy::new();
    assert_eq!(copy.begin("window-shortened").code, 8);
    let listed = copy.0.lockstep(&["ask", "ls"]).stdout;
    for told in ["apply wants to call files/edit_file", "path: faq.md", "The refund window is 14 days."] {
        assert!(listed.contains(told), "{told}: {listed}");
    }
    assert_eq!(copy.changed(), BTreeMap::new());
}

/// The text that goes must be there when the call is made.
#[test]
fn a_document_that_was_changed_meanwhile_is_not_overwritten() {
    let copy = Copy::new();
    assert_eq!(copy.begin("fee-raised").code, 8);
    let faq = copy.0.path("documents/faq.md");
    fs::write(&faq, "The restocking fee is gone.\n").unwrap();
    let asked = copy.waits().remove(0);
    let id = asked["approval"].as_str().unwrap();
    assert_eq!(copy.0.lockstep(&["approve", id]).code, 0);
    let ended = copy.run(&["--take-up"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.contains("permanent `tool-failed`: "), "{ended:?}");
    assert_eq!(fs::read_to_string(faq).unwrap(), "The restocking fee is gone.\n");
}

#[test]
fn every_input_is_tried() {
    let inputs = fs::read_dir(plugin().join("input")).unwrap().map(|entry| entry.unwrap().path());
    let mut inputs: Vec<_> =
        inputs.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    inputs.sort();
    assert_eq!(inputs, INPUTS);
}

/// Another version of the server in tests/mcp/package-lock.json needs a look at its tools, and other pins.
#[test]
fn the_pins_are_of_the_tools_that_the_reference_server_has() {
    let path = Variable::Plain(std::env::var("PATH").unwrap());
    let process = Process {
        argv: vec!["node".into(), reference().display().to_string(), ".".into()],
        cwd: plugin().join("documents"),
        env: [("PATH".to_owned(), path)].into(),
    };
    let (transport, start_timeout) = (Transport::Process(process), Duration::from_secs(60));
    let declared = Declared { name: "files".into(), transport, start_timeout, backoff: Backoff::default() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tools = runtime.block_on(async { Server::new(declared).list().await }).unwrap();
    for grant in ["read", "apply"] {
        let text = fs::read_to_string(plugin().join(format!("grants/{grant}.toml"))).unwrap();
        let rule = lockstep_core::grant::parse(&text).unwrap().tools.rules.remove(0);
        let pinned = rule.pin.map(|pin| pin.to_string());
        assert_eq!(pinned, Some(pin_of(&rule.allowed(&tools)).to_string()), "{grant}");
    }
}
