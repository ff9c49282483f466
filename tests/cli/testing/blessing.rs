//! Golden mode: what happened becomes what is expected, and the rest of the file stays.

use expect_test::expect;

use super::Cases;

const COMMENTED: &str = r#"# why this case is here
case    = "several"   # in its order
handler = "on-spread"
event   = { n = 3 }

# what comes of it
[expect]
# in the order of the list
emits = [
  { left = { note = "0" } },    # even
  { right = { n = 7 } },        # odd
]
log = []                        # nothing is said
calls = []

# the end
"#;

#[test]
fn a_case_that_differs_is_written_anew_where_it_differs_and_nowhere_else() {
    let cases = Cases::with("several.toml", COMMENTED);
    expect![[r#"
        exit 0
        blessed  several  several
          emits[1].right.n: expected 7, got 1
          emits[2]: expected nothing, got left {"note":"2"}
          ./several.toml: wrote `emits` of [expect]
        1 blessed
    "#]]
    .assert_eq(&cases.told(&["--bless"]));
    expect![[r##"
        # why this case is here
        case    = "several"   # in its order
        handler = "on-spread"
        event   = { n = 3 }

        # what comes of it
        [expect]
        # in the order of the list
        emits = [
          { left = { note = "0" } },    # even
          { right = { n = 1 } },        # odd
          { left = { note = "2" } },
        ]
        log = []                        # nothing is said
        calls = []

        # the end
    "##]]
    .assert_eq(&cases.read("several.toml"));
    assert!(cases.told(&["--bless"]).ends_with("1 ok\n"), "there is nothing left to write");
}

#[test]
fn a_case_that_expects_nothing_yet_gets_all_that_happened() {
    let cases = Cases::with("remember.toml", "handler = \"on-remember\"\nevent = { key = \"a/b\", value = [], by = 1 }\nstate = { gone = 1 }\n# end\n")
        .and("fails.toml", "handler = \"on-fail\"\n[event]\nkind = \"transient\"\ncode = \"busy\"\nmessage = \"later\"\nretry_after_ms = 5\n")
        .and("show.json", "{\n  \"handler\": \"on-show\",\n  \"event\": {\"name\": \"n\", \"item\": null, \"line\": \"l\"}\n}\n");
    expect![[r#"
        exit 0
        blessed  fails  on-fail
          ./fails.toml: wrote `failure` of [expect]
        blessed  remember  on-remember
          ./remember.toml: wrote `emits`, `state`, `deleted` of [expect]
        blessed  show  on-show
          ./show.json: wrote `emits`, `updates`, `log` of [expect]
        3 blessed
    "#]]
    .assert_eq(&cases.told(&["--bless"]));
    let all = ["remember.toml", "fails.toml", "show.json"].map(|name| cases.read(name));
    expect![[r#"
        handler = "on-remember"
        event = { key = "a/b", value = [], by = 1 }
        state = { gone = 1 }

        [expect]
        emits = [{ remembered = { after = [], keys = ["a/b", "count", "list"], page = [[]] } }]
        state = { "a/b" = [], count = 1, list = [[]] }
        deleted = ["gone"]
        # end
        ---
        handler = "on-fail"
        [event]
        kind = "transient"
        code = "busy"
        message = "later"
        retry_after_ms = 5

        [expect]
        failure = { class = "transient", code = "busy", message = "later", retry-after-ms = 5 }
        ---
        {
          "handler": "on-show",
          "event": {"name": "n", "item": null, "line": "l"},
          "expect": {
            "emits": [],
            "log": [
              "trace: l",
              "debug: l",
              "info: l",
              "warn: l",
              "error: l"
            ],
            "updates": [
              {
                "n": null
              }
            ]
          }
        }
    "#]]
    .assert_eq(&all.join("---\n"));
    assert!(cases.told(&[]).ends_with("3 ok\n"));
}

#[test]
fn tables_stay_tables_and_an_end_that_did_not_come_makes_room_for_the_one_that_did() {
    let tables = "handler = \"on-echo\"\n".to_owned()
        + &std::fs::read_to_string(super::plugins().join("conformance/cases/1-empty-values.toml")).unwrap();
    let tables = tables.replacen("handler = \"on-echo\"\n", "", 1);
    let at = tables.rfind("byte = 0").unwrap();
    let changed = format!("{}byte = 9   # ours{}", &tables[..at], &tables[at + 8..]);
    let no_way = "handler = \"on-choose\"\nevent = { way = \"up\", note = \"\" }\n[expect]\n# there is one\nemits = [{ left = { note = \"\" } }]   # at last\n";
    let cases = Cases::with("echo.toml", &changed).and("no-way.toml", no_way);
    expect![[r#"
        exit 0
        blessed  echo  what is empty stays empty, and what is not there stays away
          emits[0].echoed.values.byte: expected 9, got 0
          ./echo.toml: wrote `emits` of [expect]
        blessed  no-way  on-choose
          emits: expected events, got permanent `no-way`: there is no way up
          ./no-way.toml: wrote `failure` of [expect]; `emits` is gone
        2 blessed
    "#]]
    .assert_eq(&cases.told(&["--bless"]));
    assert_eq!(cases.read("echo.toml"), changed.replace("byte = 9   # ours", "byte = 0   # ours"));
    expect![[r#"
        handler = "on-choose"
        event = { way = "up", note = "" }
        [expect]
        # there is one
        failure = { class = "permanent", code = "no-way", message = "there is no way up" }   # at last
    "#]]
    .assert_eq(&cases.read("no-way.toml"));
}

#[test]
fn a_case_with_a_call_that_it_does_not_answer_is_not_blessed() {
    let fetch = "handler = \"on-fetch\"\nevent = { method = \"GET\", url = \"https://tea.example/\", header = \"\", body = \"\" }\n";
    let cases = Cases::with("fetch.toml", fetch);
    assert!(cases.told(&["--bless"]).starts_with("exit 10\n"));
    assert_eq!(cases.read("fetch.toml"), fetch);
}

#[test]
fn what_is_written_beside_an_element_goes_with_it() {
    let spread = |n: u32| COMMENTED.replace("{ n = 3 }", &format!("{{ n = {n} }}"));
    let fewer = Cases::with("several.toml", &spread(1));
    fewer.told(&["--bless"]);
    assert!(fewer.read("several.toml").contains("emits = [\n  { left = { note = \"0\" } },    # even\n]\n"));
    let odd_first = spread(1).replace(
        "  { left = { note = \"0\" } },    # even\n  { right = { n = 7 } },        # odd\n",
        "  { right = { n = 7 } },        # odd\n  # the first of all\n  { left = { note = \"0\" } },    # even\n",
    );
    let first_gone = Cases::with("several.toml", &odd_first);
    first_gone.told(&["--bless"]);
    let kept = "emits = [\n  # the first of all\n  { left = { note = \"0\" } },    # even\n]\n";
    assert!(first_gone.read("several.toml").contains(kept), "{}", first_gone.read("several.toml"));
    assert!(first_gone.told(&[]).ends_with("1 ok\n"));
}

#[test]
fn a_json_case_that_expects_null_expects_nothing_yet() {
    let cases = Cases::with(
        "expects.json",
        "{\"handler\": \"on-quiet\", \"event\": {\"note\": \"n\"},\n \"expect\": null}",
    );
    cases.told(&["--bless"]);
    let expects: serde_json::Value = serde_json::from_str(&cases.read("expects.json")).unwrap();
    assert_eq!(expects["expect"]["log"], serde_json::json!(["info: n"]));
}
