//! The README's first steps, as a newcomer would take them: every command of its `sh` blocks is run, in
//! order, in one shell, and comes to what the text says. The step from somebody else and the tools have a shell of
//! their own.

use std::fs;
use std::net::TcpListener;

use crate::project::Project;
use crate::shell::{blocks, in_a_shell, root};

/// The headings of what is run by itself.
const STRANGER: &str = "## A step from somebody else";
const TOOLS: &str = "## Tools, and a person who decides";

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

/// The parts of the README, each with its heading.
fn sections(readme: &str) -> Vec<&str> {
    let ends = readme.match_indices("\n## ").map(|(at, _)| at + 1).chain([readme.len()]);
    let mut from = 0;
    ends.map(|end| &readme[std::mem::replace(&mut from, end)..end]).collect()
}

/// The part with this heading.
fn section<'t>(readme: &'t str, heading: &str) -> &'t str {
    sections(readme).into_iter().find(|section| section.starts_with(heading)).unwrap()
}

/// The commands of all `sh` blocks in sections whose heading is this one, or is not.
fn commands(is_wanted: impl Fn(&str) -> bool) -> String {
    let readme = readme();
    let wanted = sections(&readme).into_iter().filter(|section| is_wanted(section.lines().next().unwrap()));
    wanted.flat_map(|section| blocks(section, "sh")).map(|block| format!("{block}\n")).collect()
}

#[test]
fn the_first_step_and_the_kill_run_as_they_are_written() {
    let home = tempfile::tempdir().unwrap();
    let ended = in_a_shell(home.path(), &root(), &commands(|heading| ![STRANGER, TOOLS].contains(&heading)));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(lines.contains(&"{\"text\":\"Welcome, Ada!\"}"), "{}", ended.stdout);
    assert!(ended.stdout.contains("\"result\":{\"why\":\"come back in 2 years\"}"), "{}", ended.stdout);
    assert!(lines.contains(&"ended with 1"), "{}", ended.stdout);
    assert!(ended.stderr.contains("  greet  info:  is at the door\n"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("  greet  failed for good at attempt 3: transient `no-name`"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stdout.contains("\n  claimant: Grace\n  item: 3\n  what: dinner for four\n"),
        "{}",
        ended.stdout
    );
    let settled = r#"{"claim":"E-1002","claimant":"Grace","cents":62830,"refused_cents":0,"minutes":["#;
    assert!(lines.last().unwrap().starts_with(settled), "{}", ended.stdout);
    assert!(ended.stderr.contains("  pay     done at attempt 2 → claim-settled\n"), "{}", ended.stderr);
    assert!(fs::read_to_string(home.path().join("hello/hello.svg")).unwrap().starts_with("<svg"));
    for line in ["1 ok, 1 blessed", "emits = [{ refusal = { why = \"come back in 2 years\" } }]"] {
        assert!(lines.contains(&line), "{line}: {}", ended.stdout);
    }
    assert!(
        ended.stdout.contains("ok       no-name  who has no name is asked three times  ("),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_step_from_somebody_else_is_denied_allowed_and_bound_to_its_bytes() {
    let home = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let first = "export LOCKSTEP=$PWD\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n".to_owned();
    let commands = first + &commands(|heading| heading == STRANGER).replace("8037", &free);
    let ended = in_a_shell(home.path(), &root(), &commands);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let (stdout, stderr) = (ended.stdout.replace(&free, "8037"), ended.stderr.replace(&free, "8037"));
    let readme = readme();
    let section = section(&readme, STRANGER);
    let shown: Vec<&str> = section.split("\n```\n").filter(|text| !text.contains("```")).collect();
    for line in ["  lockstep:step/http@0.1.0  needs a grant", "ended with 1", "ended with 3"] {
        assert!(stdout.lines().any(|told| told == line), "{line}: {stdout}");
    }
    let denied = shown.iter().find(|text| text.contains("was denied http")).unwrap();
    let denied = denied.strip_suffix("\nended with 1").unwrap();
    assert!(stderr.contains(denied), "{denied}: {stderr}");
    assert!(
        stderr.contains(
            "\n               GET https://api.example.com:443 /\naccepted: step `convert` is sha256:"
        ),
        "{stderr}"
    );
    assert!(stdout.contains("convert  was denied http GET http://127.0.0.1:8037/EUR.json: host"), "{stdout}");
    assert!(stdout.contains("{\"cents\":10842,\"currency\":\"USD\",\"rate\":1.0842}\n"), "{stdout}");
    assert!(
        stderr.contains("./theirs.wasm is not what its grant is for: the grant names sha256:"),
        "{stderr}"
    );
    assert!(stderr.ends_with("attacks came out as expected\n"), "{stderr}");
}

#[test]
fn a_persons_yes_changes_one_document_and_a_no_leaves_the_other() {
    let home = tempfile::tempdir().unwrap();
    let commands = "export LOCKSTEP=$PWD\n".to_owned() + &commands(|heading| heading == TOOLS);
    let ended = in_a_shell(home.path(), &root(), &commands);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let readme = readme();
    let section = section(&readme, TOOLS);
    let shown = section.split("\n```\n").find(|text| text.starts_with("  why a person is asked")).unwrap();
    assert!(ended.stdout.contains(shown), "{shown}: {}", ended.stdout);
    assert_eq!(ended.stdout.lines().filter(|line| *line == "ended with 8").count(), 2, "{}", ended.stdout);
    let refused = r#""rejected":[{"path":"returns-mail.md","reason":"a new mail is on its way"}]"#;
    assert!(ended.stdout.contains(refused), "{}", ended.stdout);
    assert!(ended.stdout.contains("documents/faq.md:The refund window is 14 days. "), "{}", ended.stdout);
    assert!(ended.stdout.contains("documents/returns-mail.md:we have "), "{}", ended.stdout);
    assert!(ended.stdout.contains("the refund window (30 days)"), "{}", ended.stdout);
    let denied = "was denied tools files/read_text_file path=\"supplier-terms.md\": argument\n";
    assert!(ended.stderr.contains(denied), "{}", ended.stderr);
}

#[test]
fn the_rule_for_a_tool_that_is_shown_is_the_assistants() {
    let readme = readme();
    let shown = blocks(section(&readme, TOOLS), "toml")[0];
    let whole = fs::read_to_string(root().join("plugins/assistant/grants/apply.toml")).unwrap();
    let rules = |text: &str| lockstep_core::grant::parse(text).unwrap().tools.rules;
    assert_eq!(rules(&format!("grant = 1\n{shown}")), rules(&whole));
}

#[test]
fn the_grant_and_the_operators_file_that_are_shown_are_ones() {
    let readme = readme();
    let whole =
        |first: &str| blocks(&readme, "toml").into_iter().find(|block| block.starts_with(first)).unwrap();
    let grant = lockstep_core::grant::parse(whole("grant = 1")).unwrap();
    let operator = lockstep_core::operator::parse(whole("lockstep = 1")).unwrap();
    assert!(operator.secrets.contains_key(&grant.http.rules[0].secret.as_ref().unwrap().name));
}

#[test]
fn the_case_that_is_shown_is_one_of_the_exchange() {
    let readme = readme();
    let case = blocks(section(&readme, "## Testing steps"), "toml")[0];
    let project = Project::empty().with("case.toml", case);
    let step = root().join("plugins/exchange/components/convert.wasm");
    let ended = project.lockstep(&["test", step.to_str().unwrap(), "--case", "case.toml"]);
    assert!(ended.stdout.ends_with("1 ok\n"), "{}", ended.told());
}
