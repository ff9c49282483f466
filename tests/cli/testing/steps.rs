//! Cases of handlers, run for real.

use expect_test::expect;
use lockstep_hostile::reach::{self, deed};
use lockstep_hostile::stores;
use serde_json::Value;

use super::{Cases, plugins, test, without_numbers};
use crate::project::Project;

#[test]
fn the_step_of_every_language_in_rust_does_what_its_cases_say() {
    let ended = test(&["conformance", "--step", "probe-rust", "--case", "conformance/cases", "--json"]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&told["ok"], &told["step"]), (&true.into(), &"probe-rust".into()));
    assert_eq!(told["cases"].as_array().unwrap().len(), 29);
    let case = |name: &str| {
        let cases = told["cases"].as_array().unwrap();
        cases.iter().find(|case| case["file"].as_str().unwrap().contains(name)).unwrap()
    };
    assert_eq!(case("6-denied")["denied"][0]["why"], "host");
    assert_eq!(case("5-state")["deleted"], serde_json::json!(["gone"]));
    assert_eq!(case("8-timers")["timers"][1], serde_json::json!({ "cancel": "forget" }));
    assert!(
        case("6-tool.toml")["fuel"].as_u64().unwrap() > 0
            && case("6-tool.toml")["memory"].as_u64().unwrap() > 0
    );
}

#[test]
fn the_cases_of_the_plugins_are_what_their_steps_do() {
    for step in
        ["refunds/steps/fraud", "refunds/steps/history", "approvals/steps/policy", "approvals/steps/decide"]
    {
        let ended = test(&[step]);
        assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    }
}

#[test]
fn a_component_by_itself_needs_no_grant_for_what_its_cases_answer() {
    let convert = ["exchange/components/convert.wasm", "--case", "exchange/cases"];
    expect![[r#"
        exit 0
        ok       converts  an amount is converted by the rate of the server
        ok       no-such-currency  a server that does not know a currency is told of
        2 ok
    "#]]
    .assert_eq(&without_numbers(&test(&convert).told()));
    let grant = Project::empty()
        .with("g.toml", "grant = 1\n[[http]]\nhost = \"rates.example\"\npaths = [\"/USD.json\"]\n");
    let grant = grant.path("g.toml");
    let under = [&convert[..], &["--grant", grant.to_str().unwrap(), "--filter", "by the rate"]].concat();
    expect![[r#"
        exit 10
        failed   converts  an amount is converted by the rate of the server
          emits: expected events, got permanent `http-denied`: the grant does not allow `GET https://rates.example/EUR.json`: path
          calls[0]: expected "GET https://rates.example/EUR.json", got nothing
          what happened
            failure  permanent `http-denied`: the grant does not allow `GET https://rates.example/EUR.json`: path
            denied   GET https://rates.example/EUR.json: path
        1 failed
    "#]]
    .assert_eq(&without_numbers(&test(&under).told()));
}

const FETCH: &str = "handler = \"on-fetch\"\n\
                     event = { method = \"GET\", url = \"https://tea.example/cups?size=2\", header = \"\", body = \"\" }\n";

#[test]
fn a_case_that_fails_shows_every_difference_and_all_that_happened() {
    let remember = "case = \"it remembers\"\nhandler = \"on-remember\"\n\
                    event = { key = \"cup\", value = 1, by = 3 }\nstate = { gone = 1 }\n\
                    [expect]\nemits = [{ remembered = { after = 2, keys = [], page = [1] } }, { left = {} }]\n\
                    state = { cup = 1, count = 4 }\nlog = [\"info: done\"]\ndeleted = []\n";
    let remember = remember.replace(", { left = {} }", "");
    let fails = "handler = \"on-fail\"\nevent = { kind = \"transient\", code = \"busy\", message = \"later\" }\n\
                 [expect]\nfailure = { class = \"permanent\", message-contains = \"never\" }\n";
    let cases = Cases::with("remember.toml", &remember).and("fails.toml", fails);
    expect![[r#"
        exit 10
        failed   fails  on-fail
          failure.class: expected permanent, got transient
          failure.message-contains: expected "never", got "later"
          what happened
            failure  transient `busy`: later
        failed   remember  it remembers
          emits[0].remembered.after: expected 2, got 1
          emits[0].remembered.keys[0]: expected nothing, got "count"
          emits[0].remembered.keys[1]: expected nothing, got "cup"
          emits[0].remembered.keys[2]: expected nothing, got "list"
          state.count: expected 4, got 3
          state.list: expected no change of this key, got [1]
          deleted[0]: expected nothing, got "gone"
          log[0]: expected "info: done", got nothing
          what happened
            emits    remembered {"before":null,"after":1,"keys":["count","cup","list"],"page":[1]}
            state    count = 3
                     cup = 1
                     list = [1]
            deleted  gone
        2 failed
    "#]]
    .assert_eq(&cases.told(&[]));
}

#[test]
fn a_call_that_the_case_does_not_answer_fails_it_with_what_to_add() {
    let expects = "[expect]\nfailure = { code = \"http-connect\" }\n";
    let other = "[[http]]\nmethod = \"POST\"\nurl = \"https://tea.example/cups?size=2\"\nanswer = {}\n";
    let used = "[[http]]\ntimes = 1\nanswer = { status = 204 }\n[expect]\nemits = [{ fetched = { status = 204, body = \"\" } }]\n";
    let tool = "handler = \"on-use-tool\"\nevent = { name = \"brew\", arguments = { cups = 3 } }\n\
                [[tools]]\nname = \"brew\"\narguments = { cups = 2 }\nanswer = { output = 1 }\n[expect]\nfailure = {}\n";
    let cases = Cases::with("a-none.toml", &format!("{FETCH}{expects}"))
        .and("b-other.toml", &format!("{FETCH}{other}{expects}"))
        .and("c-used.toml", &format!("{FETCH}{used}"))
        .and("d-tool.toml", tool);
    expect![[r#"
        exit 10
        failed   a-none  on-fetch
          it asked for `GET https://tea.example/cups?size=2`, and the case answers no such call
          add to ./a-none.toml:
            [[http]]
            method = "GET"
            url = "https://tea.example/cups?size=2"
            answer = { status = 200, body = "" }
          what happened
            failure  transient `http-connect`: no connection: the case has no answer for it
            calls    GET https://tea.example/cups?size=2
        failed   b-other  on-fetch
          it asked for `GET https://tea.example/cups?size=2`, and the case answers no such call
            the answer at ./b-other.toml:3 is not for it: its `method` is POST
          what happened
            failure  transient `http-connect`: no connection: the case has no answer for it
            calls    GET https://tea.example/cups?size=2
        ok       c-used  on-fetch
        failed   d-tool  on-use-tool
          it asked for `tool brew {"cups":3}`, and the case answers no such call
            the answer at ./d-tool.toml:3 is not for it: its `arguments` are not what was given
          what happened
            failure  transient `tool-unavailable`: the case has no answer for it
            calls    tool brew
        1 ok, 3 failed
    "#]]
    .assert_eq(&cases.told(&[]));
}

#[test]
fn a_tool_that_the_case_does_not_list_is_a_call_that_it_does_not_answer() {
    let brew = "handler = \"on-use-tool\"\nevent = { name = \"brew\", arguments = { cups = 3 } }\n";
    let beside = format!("{brew}[[tools]]\nname = \"brew\"\nanswer = {{ output = 1 }}\n[expect]\n");
    let cases = Cases::with("forgotten.toml", &format!("{brew}[expect]\nfailure = {{}}\n"));
    let is_told = |told: &str| {
        assert!(told.starts_with("exit 10\nfailed   forgotten"), "{told}");
        assert!(told.contains("  it asked for `tool brew {\"cups\":3}`, and the case answers no"), "{told}");
    };
    let component = plugins().join("conformance/components/probe-rust.wasm");
    let alone = |cases: &Cases, more: &[&str]| {
        let arguments = ["test", component.to_str().unwrap(), "--case", "."];
        without_numbers(&cases.0.lockstep(&[&arguments, more].concat()).told())
    };
    is_told(&cases.told(&[]));
    is_told(&cases.told(&["--bless"]));
    is_told(&alone(&cases, &[]));
    // That another case lists it changes nothing.
    let cases = cases.and("other.toml", &beside);
    is_told(&cases.told(&[]));
    is_told(&alone(&cases, &[]));
}

#[test]
fn what_is_denied_or_refused_has_not_left() {
    let kept_back = |answer: &str| {
        format!("{FETCH}[[http]]\nanswer = {{ {answer} }}\n[expect]\nfailure = {{}}\ncalls = []\n")
    };
    let tool = "handler = \"on-use-tool\"\nevent = { name = \"brew\", arguments = {} }\n[[tools]]\nname = \"brew\"\n\
                answer = { refused = \"no tea\" }\n[expect]\nfailure = {}\ncalls = []\n";
    let cases = Cases::with("denied.toml", &kept_back("denied = \"host\""))
        .and("refused.toml", &kept_back("refused = \"no\""))
        .and("tool.toml", tool);
    assert!(cases.told(&[]).ends_with("3 ok\n"), "{}", cases.told(&[]));
}

#[test]
fn errors_and_a_persons_no_are_answers_too() {
    let answers = "[[http]]\ntimes = 1\nanswer = { error = \"timeout\" }\n[[http]]\nanswer = { refused = \"not today\" }\n";
    let first = format!("{FETCH}{answers}[expect]\nfailure = {{ code = \"http-timeout\" }}\n");
    let person = format!(
        "{FETCH}[[http]]\nanswer = {{ refused = \"not today\" }}\n[expect]\nfailure = {{ code = \"http-refused\" }}\n"
    );
    let cases = Cases::with("first.toml", &first).and("person.toml", &person);
    assert!(cases.told(&[]).ends_with("2 ok\n"), "{}", cases.told(&[]));
}

#[test]
fn chance_and_time_are_the_cases() {
    let ask = "handler = \"on-ask\"\nevent = { random = 4 }\n[run]\nnow = 7\nattempt = 3\n[expect]\n\
               emits = [{ known = { run = \"01HCASE0000000000000000000\", workflow = \"conformance\", \
               step = \"probe-rust\", attempt = 3, has_key = true, now = 7, random = 4 } }]\n";
    assert!(Cases::with("ask.toml", ask).told(&[]).ends_with("1 ok\n"));
}

#[test]
fn a_folder_that_a_step_may_write_is_a_copy() {
    let project = Project::empty().with("reach.wasm", reach::component());
    std::fs::create_dir(project.path("data")).unwrap();
    std::fs::write(project.path("data/there"), "as it was").unwrap();
    let project = project.with(
        "grant.toml",
        "grant = 1\n[[dir]]\nhost = \"data\"\nguest = \"/data\"\naccess = \"read-write\"\n",
    );
    let event = reach::work(&[deed("unlink", "there"), deed("mkdir", "new")]);
    let project = blessed(project, "reach.wasm", &event);
    for case in TWICE {
        assert_eq!(reach::told(&done(&project, case)), ["ok", "ok"], "{case}");
    }
    assert_eq!(std::fs::read_to_string(project.path("data/there")).unwrap(), "as it was");
    assert!(!project.path("data/new").exists());
}

/// The same case twice.
const TWICE: [&str; 2] = ["cases/a.json", "cases/b.json"];

/// Both, with what comes of them.
fn blessed(project: Project, component: &str, event: &str) -> Project {
    let case = format!("{{\"event\": {event}, \"expect\": {{\"emits\": []}}}}");
    std::fs::create_dir(project.path("cases")).unwrap();
    let project = TWICE.into_iter().fold(project, |project, name| project.with(name, &case));
    let ended = project.lockstep(&["test", component, "--grant", "grant.toml", "--case", "cases", "--bless"]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    project
}

fn done(project: &Project, case: &str) -> String {
    let blessed = std::fs::read_to_string(project.path(case)).unwrap();
    let blessed: Value = serde_json::from_str(&blessed).unwrap();
    blessed["expect"]["emits"][0]["done"].to_string()
}

#[test]
fn what_a_case_puts_into_a_store_is_not_there_in_the_next() {
    let deeds = [
        stores::deed("open", "cache"),
        stores::deed("get", "seen"),
        stores::deed("set", "seen").value("yes"),
        stores::deed("get", "seen"),
    ];
    let project = Project::empty()
        .with("stores.wasm", stores::component())
        .with("grant.toml", "grant = 1\n[[kv]]\nstore = \"cache\"\naccess = \"rw\"\n[config]\n");
    let project = blessed(project, "stores.wasm", &stores::work(&deeds));
    let told = TWICE.map(|case| stores::told(&done(&project, case)));
    assert_eq!(told[0], told[1]);
    assert_ne!(told[0][1], told[0][3]);
}

#[test]
fn a_step_that_is_older_than_its_source_is_tested_with_a_warning() {
    let convert = plugins().join("exchange/components/convert.wasm");
    let text = "workflow = \"x\"\nstart = \"amount\"\nstop = [\"converted\"]\n[steps.convert]\n\
                component = \"convert.wasm\"\nsource = \"convert\"\n";
    let convert = std::fs::read(convert).unwrap();
    let case = std::fs::read_to_string(plugins().join("exchange/cases/converts.toml")).unwrap();
    let with_cases = |project: Project| {
        std::fs::create_dir_all(project.path("convert/cases")).unwrap();
        project.with("convert/cases/converts.toml", &case)
    };
    let project = with_cases(Project::empty().with("workflow.toml", text).with("convert.wasm", &convert));
    assert_eq!(project.lockstep(&["test", "convert"]).stderr, "", "nothing says what it was made of");
    let project = project.with(".convert.wasm.source", "the digest of another source");
    let ended = project.lockstep(&["test", "convert"]);
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    expect![[r#"
        warning: workflow.toml: step `convert`: its component is older than its source; build it: `lockstep build workflow.toml`
    "#]].assert_eq(&ended.stderr);
    let alone = with_cases(Project::empty()).with("convert/convert.wasm", &convert);
    let alone = alone.with("convert/.convert.wasm.source", "the digest of another source");
    expect![[r#"
        warning: convert/convert.wasm is older than its source; build it: `lockstep build convert`
    "#]]
    .assert_eq(&alone.lockstep(&["test", "convert"]).stderr);
}
