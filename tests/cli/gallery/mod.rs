//! The gallery: each input of a plugin comes to the result that was written down for it by hand, with the servers of
//! this machine in the place of services.

mod digest;
mod rag;
mod strategies;

use std::fs;
use std::path::{Path, PathBuf};

use lockstep_local::{KEY, Serving};
use serde_json::Value;

use crate::project::{Ended, Project, command, ended};

/// The port at which the plugins' files look for a model.
const MODEL: &str = "8089";

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
    fn new(plugin: &str, services: &[(&str, &Serving)]) -> Place {
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

    fn copy(&self, file: &str, services: &[(&str, &Serving)]) {
        let Ok(text) = fs::read_to_string(self.plugin.join(file)) else { return };
        let (here, beside) = (self.plugin.display().to_string(), plugins().display().to_string());
        let (own, others) =
            if file.starts_with("grants/") { ("\"../", "\"../../") } else { ("\"components/", "\"../") };
        let own_now = own.replace("..", &here).replace("\"components", &format!("\"{here}/components"));
        let text = text.replace(others, &format!("\"{beside}/")).replace(own, &own_now);
        let ported = |text: String, (port, serving): &(&str, &Serving)| {
            text.replace(port, &serving.port().to_string())
        };
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
        let input = format!("@{}", self.plugin.join(format!("input/{input}.json")).display());
        let config = ["--config", "lockstep.toml"];
        let config = if self.project.path("lockstep.toml").exists() { &config[..] } else { &[] };
        self.lockstep(&[&["run", ".", "--store", "lockstep.db", "--input", &input], config].concat())
    }

    /// What an input comes to.
    fn result(&self, input: &str) -> Value {
        let ended = self.run(input);
        assert_eq!(ended.code, 0, "{input}: {ended:?}");
        serde_json::from_str(&ended.stdout).unwrap()
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

    /// What was written down for an input.
    fn expected(&self, input: &str) -> Value {
        let path = self.plugin.join(format!("expected/{input}.json"));
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
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

const PLUGINS: [&str; 3] = ["digest", "rag", "strategies"];

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
