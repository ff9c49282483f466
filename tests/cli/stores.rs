//! Stores of keys and values through whole runs: what one run sets another one reads, within its grant.

use lockstep_hostile::stores::{self, Deed, deed};

use crate::project::Project;

const WORKFLOW: &str = "workflow = \"keep\"\nstart = \"work\"\nstop = [\"done\"]\n\n[steps.keeper]\n\
                        component = \"keeper.wasm\"\nsource = \"keeper\"\ngrant = \"keeper.toml\"\n\
                        retry = { attempts = 1 }\n";

/// A step that does what it is told with the store `cache`, under these lines of its grant.
fn keeper(lines: &str) -> Project {
    let grant = format!("grant = 1\n[config]\n[[kv]]\nstore = \"cache\"\n{lines}");
    let project = Project::empty().with("workflow.toml", WORKFLOW).with("keeper.toml", grant);
    project.with("keeper.wasm", stores::component())
}

/// What comes of deeds in a run of their own.
fn told(project: &Project, deeds: &[Deed], more: &[&str]) -> Vec<String> {
    let deeds = [&[deed("open", "cache")], deeds].concat();
    let work = stores::work(&deeds);
    let ended = project.lockstep(&[&["run", ".", "--input", &work], more].concat());
    assert_eq!(ended.code, 0, "{ended:?}");
    let mut told = stores::told(&ended.stdout);
    assert_eq!(told.remove(0), "ok");
    told
}

fn set() -> Deed {
    deed("set", "key").value("1")
}

#[test]
fn what_one_run_sets_another_run_of_the_store_reads() {
    let project = keeper("access = \"rw\"\nprefix = \"mine/\"\n");
    assert_eq!(told(&project, &[set(), deed("get", "key")], &[]), ["ok", "ok 1"]);
    assert_eq!(told(&project, &[deed("get", "key"), deed("list", "")], &[]), ["ok 1", "ok 1 key"]);
    assert_eq!(told(&project, &[deed("get", "key")], &["--store", "other.db"]), ["none"]);
    // What is kept in memory is kept for as long as the run that sets it, and no longer.
    let memory = ["--store", "memory"];
    assert_eq!(told(&project, &[set(), deed("get", "key")], &memory), ["ok", "ok 1"]);
    assert_eq!(told(&project, &[deed("get", "key")], &memory), ["none"]);
    // Another step's part of the same store.
    let project = project.with(
        "keeper.toml",
        "grant = 1\n[config]\n[[kv]]\nstore = \"cache\"\naccess = \"rw\"\nprefix = \"theirs/\"\n",
    );
    assert_eq!(told(&project, &[deed("get", "key"), deed("list", "")], &[]), ["none", "ok"]);
}

/// The next run begins later than a millisecond after the value was set.
#[test]
fn a_value_lives_as_long_as_its_grant_says() {
    const CEILING: &str =
        "lockstep = 1\n[ceiling.config]\n[[ceiling.kv]]\nstore = \"cache\"\naccess = \"rw\"\n";
    for (ttl, ceiling, then) in [
        ("", "", "ok 1"),
        ("ttl = \"1d\"\n", "", "ok 1"),
        ("ttl = \"1ms\"\n", "", "none"),
        ("ttl = \"1d\"\n", "ttl = \"1d\"\n", "ok 1"),
        ("ttl = \"1d\"\n", "ttl = \"1ms\"\n", "none"),
    ] {
        let project = keeper(&format!("access = \"rw\"\n{ttl}"));
        let project = project.with("lockstep.toml", format!("{CEILING}{ceiling}"));
        assert_eq!(told(&project, &[set()], &[]), ["ok"]);
        assert_eq!(told(&project, &[deed("get", "key")], &[]), [then], "{ttl:?} under {ceiling:?}");
    }
}

#[test]
fn a_store_holds_over_all_runs_what_its_grant_says() {
    for (bytes, second) in [("8B", "ok"), ("7B", "other: the store is full")] {
        let project = keeper(&format!("access = \"rw\"\nbytes = \"{bytes}\"\n"));
        assert_eq!(told(&project, &[set()], &[]), ["ok"]);
        let told = told(&project, &[deed("set", "two").value("2")], &[]);
        assert!(told[0].starts_with(second), "{bytes}: {told:?}");
    }
}
