//! Hosts that are killed while a call waits for a person, or is on its way.

use super::*;

pub(super) fn wait_for(project: &Project, server: &Server) -> Waiting {
    let input = server.order().to_string();
    Waiting::of(command(project.folder(), &["run", ".", "--wait", "--input", &input]))
}

/// Reads until a person is asked: the number of that.
pub(super) fn asked(waiting: &mut Waiting) -> String {
    let line = waiting.read_until(|line| line.contains(": approval "));
    line.trim_end().rsplit_once(' ').unwrap().1.to_owned()
}

#[test]
fn a_host_that_is_killed_while_a_call_waits_pays_once_after_the_yes() {
    let server = Server::new();
    let project = shop(&server.rule("approve = \"writes\"\n"));
    let mut waiting = wait_for(&project, &server);
    let number = asked(&mut waiting);
    waiting.kill();
    assert_eq!(project.lockstep(&["approve", &number]).code, 0);
    assert_eq!(project.go_on()["n"], 200);
    assert_eq!(server.paid(), [BODY]);
}

/// A shop whose host was killed after the server had heard of the payment, and before it answered.
fn killed_while_paying(more: &str) -> (Server, Project, String) {
    let server = Server::silent_for(1);
    let project = shop(&server.rule(more));
    let run = project.asks(&server.order());
    assert_eq!(project.lockstep(&["approve", &run]).code, 0);
    let taken_up = Waiting::of(command(project.folder(), &["run", ".", "--take-up"]));
    server.posted.recv().unwrap();
    taken_up.kill();
    (server, project, run)
}

#[test]
fn a_host_that_is_killed_while_it_pays_pays_again_under_the_same_key() {
    let (server, project, run) = killed_while_paying("approve = \"writes\"\n");
    assert_eq!(project.go_on()["n"], 200);
    let keys = server.keys();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]));
    assert_eq!(decided(&project, &run).len(), 1, "nobody is asked again");
}

#[test]
fn a_host_that_is_killed_while_it_pays_at_most_once_leaves_it_to_a_person() {
    let (server, project, run) = killed_while_paying("approve = \"writes\"\neffects = \"at-most-once\"\n");
    let ended = project.lockstep(&["run", ".", "--take-up"]);
    assert_eq!((ended.code, server.paid().len()), (8, 1), "{ended:?}");
    let delivery = project.runs_json(&["show", &run])["deliveries"][0].clone();
    assert_eq!(delivery["parked"], "unknown-effect", "{delivery}");
}
