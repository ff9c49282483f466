//! People at the terminal of the run itself.

use super::*;

/// `script` of util-linux gives the program a terminal.
pub(super) fn at_terminal(project: &Project, server: &Server, lines: &[&str]) -> Ended {
    let program = format!("{} run . --input '{}'", env!("CARGO_BIN_EXE_lockstep"), server.order());
    let mut script = std::process::Command::new("script");
    script.args(["--quiet", "--return", "--echo", "never", "--command", &program, "/dev/null"]);
    script.current_dir(project.folder()).env("USER", "ann").stdin(Stdio::piped());
    script.env("LOCKSTEP_CACHE", std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    let mut child = script.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    lines.iter().for_each(|line| writeln!(stdin, "{line}").unwrap());
    let ended = ended(child.wait_with_output().unwrap());
    drop(stdin);
    ended
}

#[test]
fn at_a_terminal_a_person_decides_and_is_asked_until_it_fits() {
    let server = Server::new();
    let url = format!("http://127.0.0.1:{}/pay?of=7", server.port);
    let with =
        |method: &str| format!("e {}", json!({ "method": method, "url": url, "body": { "cents": 1 } }));
    let (misfit, fits) = (with("DELETE"), with("POST"));
    for (lines, code, paid) in [
        (vec!["perhaps", "y"], 0, vec![BODY]),
        (vec!["no too much"], 0, vec![]),
        (vec![misfit.as_str(), fits.as_str()], 0, vec!["{\"cents\":1}"]),
        (vec![""], 8, vec![]),
    ] {
        server.heard.lock().unwrap().clear();
        let project = shop(&server.rule("approve = \"writes\"\n"));
        let ended = at_terminal(&project, &server, &lines);
        assert_eq!(
            (ended.code, server.paid()),
            (code, paid.iter().map(|body| (*body).to_owned()).collect()),
            "{ended:?}"
        );
    }
}
