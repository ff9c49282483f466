//! A step that calls the tool which its event names, in a project of its own, and the servers that its operator
//! declares: the reference server for files, and the one of these tests that does what it should not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lockstep_core::run::{Change, Record};
use lockstep_hostile::tools;
use serde_json::{Value, json};

use crate::approvals::{Waiting, records, runs};
use crate::project::{Ended, Project, command};

const WORKFLOW: &str = r#"workflow = "desk"
start = "work"
stop = ["done"]

[steps.clerk]
component = "clerk.wasm"
source = "clerk"
grant = "clerk.toml"
retry = { attempts = 1 }
"#;

/// Where a server notes what it is sent, line by line.
const ASKED: &str = "asked.log";
/// Where a server notes the id of its process.
const PID: &str = "server.pid";

/// A project, and what its operator lets run.
pub(crate) struct Desk {
    pub(crate) project: Project,
}

/// How a server stands in the file of the operator.
pub(crate) enum Server<'s> {
    /// The reference server, which sees the folder `documents`.
    Files,
    /// The same; what comes of a call does not leave it.
    SilentFiles,
    /// The server of these tests, with these arguments.
    Own(&'s [&'s str]),
}

impl Desk {
    /// With a grant of these lines, and a server of the name `it`.
    pub(crate) fn new(server: &Server<'_>, grant: &str) -> Desk {
        Desk::of(tools::caller(), server, grant)
    }

    /// The same with another guest.
    pub(crate) fn of(guest: Vec<u8>, server: &Server<'_>, grant: &str) -> Desk {
        let project = Project::empty().with("workflow.toml", WORKFLOW).with("clerk.wasm", guest);
        let project = project.with("clerk.toml", format!("grant = 1\n{grant}"));
        fs::create_dir(project.path("documents")).unwrap();
        let project = project.with("documents/a.txt", "one\ntwo\n");
        Desk { project }.declaring(server)
    }

    /// From now on the server is this one.
    pub(crate) fn declaring(self, server: &Server<'_>) -> Desk {
        let file = json!({ "command": ["bash", "-c", server.script()] }).to_string();
        let lines = file.strip_prefix("{\"command\":").unwrap().strip_suffix('}').unwrap();
        let file = format!("lockstep = 1\n[mcp.it]\ncommand = {lines}\nstart-timeout = \"60s\"\n");
        Desk { project: self.project.with("lockstep.toml", file) }
    }

    /// With this grant from now on.
    pub(crate) fn granting(self, grant: &str) -> Desk {
        Desk { project: self.project.with("clerk.toml", format!("grant = 1\n{grant}")) }
    }

    pub(crate) fn lockstep(&self, arguments: &[&str]) -> Ended {
        self.project.lockstep(arguments)
    }

    /// Runs what the event says, with the servers of the operator.
    pub(crate) fn run(&self, work: &Value) -> Ended {
        self.lockstep(&["run", ".", "--config", "lockstep.toml", "--input", &work.to_string()])
    }

    /// What the guest is told.
    pub(crate) fn answer(&self, work: &Value) -> Value {
        answer_of(&self.run(work))
    }

    pub(crate) fn take_up(&self) -> Ended {
        self.lockstep(&["run", ".", "--config", "lockstep.toml", "--take-up"])
    }

    /// A process that runs it, and that is watched.
    pub(crate) fn begin(&self, more: &[&str]) -> Waiting {
        let arguments = [&["run", ".", "--config", "lockstep.toml"], more].concat();
        Waiting::of(command(self.project.folder(), &arguments))
    }

    /// A run that waits for a person: the number of what is asked.
    pub(crate) fn asks(&self, work: &Value) -> String {
        let ended = self.run(work);
        assert_eq!(ended.code, 8, "{ended:?}");
        self.open().remove(0)
    }

    /// The numbers of what waits for a person.
    pub(crate) fn open(&self) -> Vec<String> {
        let ended = self.lockstep(&["ask", "ls", "--json"]);
        let all: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"));
        all.iter().map(|one| one["approval"].as_str().unwrap().to_owned()).collect()
    }

    /// The calls that the server was sent.
    pub(crate) fn calls(&self) -> Vec<Value> {
        let asked = fs::read_to_string(self.project.path(ASKED)).unwrap_or_default();
        let messages = asked.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        messages.filter(|message| message["method"] == "tools/call").collect()
    }

    /// Waits for the end of the process that the server was.
    pub(crate) fn server_ends(&self) -> bool {
        let pid = fs::read_to_string(self.project.path(PID)).unwrap();
        let mut tail = Command::new("timeout");
        tail.args(["20", "tail", "--pid", pid.trim(), "-f", "/dev/null"]).stdin(Stdio::null());
        tail.status().unwrap().success()
    }

    pub(crate) fn read(&self, document: &str) -> String {
        fs::read_to_string(self.project.path("documents").join(document)).unwrap()
    }

    /// The rows of the newest run.
    pub(crate) fn rows(&self) -> Vec<Record> {
        let store = self.project.path("lockstep.db");
        records(&store, &runs(&store)[0])
    }

    /// How many of them are so.
    pub(crate) fn count(&self, is: impl Fn(&Change) -> bool) -> usize {
        self.rows().iter().filter(|row| is(&row.change)).count()
    }

    /// Why the delivery is parked.
    pub(crate) fn parked(&self) -> Value {
        let run = runs(&self.project.path("lockstep.db")).remove(0);
        self.project.runs_json(&["show", &run])["deliveries"][0]["parked"].clone()
    }
}

/// What the guest was told, from what the program printed.
pub(crate) fn answer_of(ended: &Ended) -> Value {
    assert_eq!(ended.code, 0, "{ended:?}");
    serde_json::from_str::<Value>(&ended.stdout).unwrap()["answer"].clone()
}

impl Server<'_> {
    /// What is sent is noted, and so is the process, which is the server itself.
    fn script(&self) -> String {
        let exec = |program: &[&str]| {
            let words: Vec<_> = program.iter().map(|word| format!("'{word}'")).collect();
            let noted = format!("< <(tee -a {ASKED} <&3 3<&- 2> /dev/null) 3<&-");
            format!("echo $$ > {PID}; exec 3<&0; exec {} {noted}", words.join(" "))
        };
        let (node, own) = (reference().display().to_string(), own().display().to_string());
        match self {
            Server::Files => exec(&["node", &node, "documents"]),
            Server::SilentFiles => {
                let silent = "> >(sed -u '/\"result\":{\"content\"/d')";
                format!("{} {silent}", exec(&["node", &node, "documents"]))
            }
            Server::Own(arguments) => exec(&[&[own.as_str()], *arguments].concat()),
        }
    }
}

/// The program of the reference server.
pub(crate) fn reference() -> PathBuf {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/mcp/node_modules");
    let program = modules.join("@modelcontextprotocol/server-filesystem/dist/index.js").canonicalize();
    program.expect("the reference servers are not installed; run `npm ci --ignore-scripts` in tests/mcp")
}

/// The program of the server of these tests.
pub(crate) fn own() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_lockstep")).with_file_name("lockstep-test-mcp");
    assert!(program.exists(), "run `cargo build -p lockstep-test-mcp`, or the tests of the whole workspace");
    program
}
