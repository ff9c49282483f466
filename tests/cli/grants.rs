//! Grants bound to bytes, the lock, and the commands that write both.

use std::fs;

use expect_test::{Expect, expect};
use lockstep_core::blob::Digest;
use serde_json::Value;

use crate::orders::orders;
use crate::project::{Ended, Project, WORKFLOW, worker};

/// The clerk, who counts in the run's state, as somebody else's component.
fn foreign(grant: &str) -> Project {
    let project = orders();
    let text = fs::read_to_string(project.path("workflow.toml")).unwrap();
    project.with("workflow.toml", text.replace("source = \"clerk\"\n", "")).with("clerk.toml", grant)
}

const STATE: &str = "# what the clerk may do\ngrant = 1\n\n[state] # counts orders\nrun = \"rw\"\n";
const ACCEPT: [&str; 6] = ["grant", "accept", "clerk", "--workflow", ".", "--yes"];

impl Project {
    /// The digests of this project's components stand in for themselves.
    fn plain(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, file) in [("CLERK", "clerk.wasm"), ("WORK", "work.wasm")] {
            if let Ok(bytes) = fs::read(self.path(file)) {
                text = text.replace(&Digest::of(&bytes).to_string(), name);
            }
        }
        text
    }

    fn says(&self, arguments: &[&str], expected: Expect) {
        expected.assert_eq(&self.plain(&self.lockstep(arguments).told()));
    }
}

fn refused(ended: &Ended, why: &str) {
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains(why), "{}", ended.stderr);
}

#[test]
fn what_is_from_elsewhere_reaches_nothing_by_a_grant_without_a_digest() {
    foreign(STATE).says(
        &["check", "."],
        expect![[r#"
            exit 3
            error: ./workflow.toml:5: step `clerk`: its component is not built here (it has no `source`), and clerk.toml does not say which bytes it is for; `lockstep grant accept clerk --workflow ./workflow.toml` writes `[component] digest = "CLERK"`
        "#]],
    );
    let project = foreign(STATE);
    let text = fs::read_to_string(project.path("workflow.toml")).unwrap();
    let text = text.replace("grant = \"clerk.toml\"", "grant = { state = { run = \"rw\" } }");
    project.with("workflow.toml", text).says(
        &["check", "."],
        expect![[r#"
            exit 3
            error: ./workflow.toml:5: step `clerk`: its component is not built here (it has no `source`), so its grant needs a file of its own that is tied to the component's bytes; move [steps.clerk.grant] to grants/clerk.toml, then `lockstep grant accept clerk --workflow ./workflow.toml`
        "#]],
    );
    // What is built here needs no digest, and what has nothing granted needs none either.
    assert_eq!(orders().lockstep(&["check", "."]).code, 0);
    assert_eq!(Project::jobs().lockstep(&["check", "."]).code, 0);
}

#[test]
fn accepting_binds_the_grant_to_the_bytes_keeps_its_comments_and_locks_the_step() {
    let project = foreign(STATE);
    project.says(
        &ACCEPT,
        expect![[r#"
        exit 0
        step `clerk`: ./clerk.wasm
          digest  CLERK
          asks    sha256:0ac0ca0780ee292705c56db9fb3a1dbab1f6f6af9f1e315aff1bd7d75075f6e5
          granted      [state]  lockstep:step/state@0.1.0
        accepted: step `clerk` is CLERK
    "#]],
    );
    expect![[r##"
        # what the clerk may do
        grant = 1

        [state] # counts orders
        run = "rw"

        [component]
        digest = "CLERK"
        asks = "sha256:0ac0ca0780ee292705c56db9fb3a1dbab1f6f6af9f1e315aff1bd7d75075f6e5"
    "##]]
    .assert_eq(&project.plain(&fs::read_to_string(project.path("clerk.toml")).unwrap()));
    let lock = fs::read_to_string(project.path("lockstep.lock")).unwrap();
    let lock: String =
        lock.lines().filter(|line| !line.starts_with("accepted")).map(|line| format!("{line}\n")).collect();
    expect![[r##"
        # What was accepted: the bytes of steps from elsewhere, and tools. Written by `lockstep grant accept`.
        lock = 1

        [steps.clerk]
        source = "clerk.wasm"
        digest = "CLERK"
        asks = "sha256:0ac0ca0780ee292705c56db9fb3a1dbab1f6f6af9f1e315aff1bd7d75075f6e5"
        contract = "sha256:b5da1339af15105691e46450a4f8970817142f19bddf17266cde23801e3f0ebd"
    "##]]
    .assert_eq(&project.plain(&lock));
    assert_eq!(project.lockstep(&["check", "."]).code, 0);
    let before = fs::read_to_string(project.path("lockstep.lock")).unwrap();
    assert_eq!(project.lockstep(&ACCEPT).code, 0);
    assert_eq!(
        fs::read_to_string(project.path("lockstep.lock")).unwrap(),
        before,
        "nothing is accepted anew"
    );
}

#[test]
fn the_same_name_with_other_bytes_inherits_no_grant() {
    let project = foreign(STATE);
    assert_eq!(project.lockstep(&ACCEPT).code, 0);
    fs::remove_file(project.path("lockstep.lock")).unwrap();
    let mut bytes = fs::read(project.path("clerk.wasm")).unwrap();
    let old = Digest::of(&bytes);
    // An empty custom section: another file that does the same.
    bytes.extend([0, 2, 1, b'x']);
    let new = Digest::of(&bytes);
    let project = project.with("clerk.wasm", bytes);
    let told = format!("the grant names {old}, and the component is {new}");
    refused(&project.lockstep(&["check", "."]), &told);
    refused(&project.lockstep(&["run", ".", "--store", "memory", "--input", "{\"kind\":0}"]), &told);
    assert_eq!(project.lockstep(&ACCEPT).code, 0);
    assert_eq!(project.lockstep(&["check", "."]).code, 0);
}

#[test]
fn asks_that_nobody_accepted_are_refused() {
    let project = foreign(STATE);
    assert_eq!(project.lockstep(&ACCEPT).code, 0);
    let grant = fs::read_to_string(project.path("clerk.toml")).unwrap();
    let (before, _) = grant.split_once("asks").unwrap();
    let other = Digest::of(b"others");
    let project = project.with("clerk.toml", format!("{before}asks = \"{other}\"\n"));
    refused(&project.lockstep(&["check", "."]), "asks for other rights than those that were accepted");
}

#[test]
fn accepting_asks_first_and_says_what_stands_in_its_way() {
    let project = foreign(STATE);
    refused(&project.lockstep(&ACCEPT[..5]), "there is no terminal; say `--yes`");
    assert!(!project.path("lockstep.lock").exists());
    refused(
        &project.lockstep(&["grant", "accept", "clrek", "--workflow", ".", "--yes"]),
        "did you mean `clerk`?",
    );
    assert_eq!(project.lockstep(&["grant", "accept", "clerk.wasm", "--workflow", ".", "--yes"]).code, 0);

    let text = fs::read_to_string(project.path("workflow.toml")).unwrap();
    let project = project.with("workflow.toml", text.replace("grant = \"clerk.toml\"\n", ""));
    project.says(&ACCEPT, expect![[r#"
        exit 3
        error: ./workflow.toml: step `clerk`: its component asks for rights, and it has no grant; make one with `lockstep grant draft ./clerk.wasm -o ./grants/clerk.toml` and write `grant = "grants/clerk.toml"`
    "#]]);
    let inline = text.replace("grant = \"clerk.toml\"", "grant = { state = { run = \"rw\" } }");
    project.with("workflow.toml", inline).says(&ACCEPT, expect![[r#"
        exit 3
        error: ./workflow.toml: step `clerk`: its grant stands in the workflow, where it is tied to nothing; move [steps.clerk.grant] to grants/clerk.toml and write `grant = "grants/clerk.toml"`
    "#]]);
}

#[test]
fn what_is_locked_is_loaded_as_it_is_locked_or_with_update() {
    let project = Project::jobs();
    assert_eq!(project.lockstep(&["check", ".", "--update"]).code, 0);
    assert_eq!(project.lockstep(&["check", "."]).code, 0);
    let old = Digest::of(&worker());
    let mut bytes = worker();
    bytes.extend([0, 2, 1, b'x']);
    let project = project.with("work.wasm", &bytes);
    let told = format!("is not as lockstep.lock has it: digest {} (locked: {old})", Digest::of(&bytes));
    refused(&project.lockstep(&["check", "."]), &told);
    let run = ["run", ".", "--store", "memory", "--input", "{\"kind\":0}"];
    refused(&project.lockstep(&run), &told);
    assert_eq!(project.lockstep(&[&run[..], &["--update"]].concat()).code, 0);
    assert_eq!(project.lockstep(&run).code, 0);

    let moved = WORKFLOW.replace("work.wasm", "./work.wasm");
    let project = project.with("workflow.toml", moved);
    refused(&project.lockstep(&["check", "."]), "source ./work.wasm (locked: work.wasm)");
    // What is built here is not locked.
    let built = WORKFLOW.replace("retry", "source = \"work\"\nretry");
    let project = project.with("workflow.toml", built);
    assert_eq!(project.lockstep(&["check", "."]).code, 0);
    assert_eq!(project.lockstep(&["check", ".", "--update"]).code, 0);
    assert!(!fs::read_to_string(project.path("lockstep.lock")).unwrap().contains("work"));
    let project = project.with("lockstep.lock", "lock = 7");
    refused(&project.lockstep(&["check", "."]), "it is written in format 7, and this program reads 1");
}

#[test]
fn an_update_of_the_lock_leaves_a_grant_that_is_for_other_bytes_refused() {
    let project = foreign(STATE);
    assert_eq!(project.lockstep(&ACCEPT).code, 0);
    let lock = fs::read_to_string(project.path("lockstep.lock")).unwrap();
    let mut bytes = fs::read(project.path("clerk.wasm")).unwrap();
    bytes.extend([0, 2, 1, b'x']);
    let project = project.with("clerk.wasm", bytes);
    refused(&project.lockstep(&["check", ".", "--update"]), "is not what its grant is for");
    assert_eq!(fs::read_to_string(project.path("lockstep.lock")).unwrap(), lock);
}

#[test]
fn a_draft_is_a_grant_with_which_the_component_is_loaded() {
    let project = foreign(STATE);
    fs::remove_file(project.path("clerk.toml")).unwrap();
    project.says(
        &["grant", "draft", "clerk.wasm"],
        expect![[r#"
        exit 0
        # What a step may reach with this component, and nothing else. Make each table as narrow as the
        # step allows.
        grant = 1

        [component]
        digest = "CLERK"
        asks = "sha256:0ac0ca0780ee292705c56db9fb3a1dbab1f6f6af9f1e315aff1bd7d75075f6e5"

        # for lockstep:step/state@0.1.0
        [state]
        run = "r"    # "rw": it writes too
    "#]],
    );
    assert_eq!(project.lockstep(&["grant", "draft", "clerk.wasm", "-o", "clerk.toml"]).code, 0);
    assert_eq!(project.lockstep(&["check", "."]).code, 0);
    project.says(&["grant", "draft", "clerk.wasm", "-o", "clerk.toml"], expect![[r#"
        exit 3
        error: clerk.toml cannot be written: it is there already; `lockstep grant accept` changes it, or name another with `-o`
    "#]]);
    refused(
        &project.lockstep(&["grant", "draft", "none.wasm"]),
        "none.wasm cannot be read: there is no such file",
    );
}

#[test]
fn inspect_shows_what_is_asked_for_against_a_grant() {
    let project = foreign(
        "grant = 1\n[component]\ndigest = \"sha256:0000000000000000000000000000000000000000000000000000000000000000\"\nsigner = \"k.pub\"\n[updates]\n",
    );
    let inspect = ["inspect", "clerk.wasm", "--grant", "clerk.toml"];
    let ended = project.lockstep(&inspect);
    assert_eq!(ended.code, 3);
    let (_, against) = ended.stdout.split_once("against").unwrap();
    expect![[r#"
         clerk.toml
          missing      [state]  lockstep:step/state@0.1.0
          unused       [updates]  lockstep:step/updates
          differs      digest: the grant names sha256:0000000000000000000000000000000000000000000000000000000000000000, and it is CLERK
          not signed   its signer's key k.pub cannot be read: there is no such file
        to load it, in workflow.toml
          [steps.NAME]
          component = "clerk.wasm"
          grant = "grants/NAME.toml"
    "#]].assert_eq(&project.plain(against));
    let json: Value =
        serde_json::from_str(&project.lockstep(&[&inspect[..], &["--json"]].concat()).stdout).unwrap();
    assert_eq!(json["against"]["holds"], false);
    assert_eq!(json["against"]["rights"][0]["standing"], "missing");
    assert_eq!(json["against"]["digest"], false);

    let project = foreign(STATE);
    assert_eq!(project.lockstep(&ACCEPT).code, 0);
    let ended = project.lockstep(&inspect);
    assert_eq!(ended.code, 0);
    let (_, against) = ended.stdout.split_once("against").unwrap();
    expect![[r#"
         clerk.toml
          granted      [state]  lockstep:step/state@0.1.0
          matches      digest
          matches      asks
        to load it, in workflow.toml
          [steps.NAME]
          component = "clerk.wasm"
          grant = "grants/NAME.toml"
    "#]]
    .assert_eq(&project.plain(against));
}

#[test]
fn inspect_diff_ends_with_three_if_rights_must_grow() {
    let project = orders().with("work.wasm", worker());
    project.says(
        &["inspect", "--diff", "work.wasm", "clerk.wasm"],
        expect![[r#"
        exit 3
        imports
          + lockstep:step/state@0.1.0
        handlers
          - on-job
          + on-order
          + on-verdict
        events
          - t:jobs/events/answer@1.0.0
          - t:jobs/events/job@1.0.0
          + t:orders/events/approve@1.0.0
          + t:orders/events/order@1.0.0
          + t:orders/events/paid@1.0.0
          + t:orders/events/verdict@1.0.0
        it asks for more: lockstep:step/state@0.1.0; its grant must grow before it is loaded
    "#]],
    );
    let less = project.lockstep(&["inspect", "--diff", "clerk.wasm", "work.wasm"]);
    assert_eq!(less.code, 0, "{}", less.stderr);
    assert!(less.stdout.ends_with("it asks for nothing more\n"), "{}", less.stdout);
    let same = project.lockstep(&["inspect", "--diff", "work.wasm", "work.wasm"]);
    assert_eq!((same.code, same.stdout.as_str()), (0, "it asks for nothing more\n"));
    let json = project.lockstep(&["inspect", "--diff", "work.wasm", "clerk.wasm", "--json"]);
    assert_eq!(json.code, 3);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["asks_for_more"][0], "lockstep:step/state@0.1.0");
}
