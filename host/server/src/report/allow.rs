//! What to write in a grant so that what was denied is allowed: a denial goes in, lines to copy come out.
//! What was asked is a guest's words, and a guest must not make people read for ever.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use lockstep_core::effect::Denial;
use lockstep_core::grant::{http, tools};

use crate::inert::inert;

/// The files of grants, by workflow and step.
pub(crate) type GrantFiles = BTreeMap<(String, String), String>;

/// So many rules are shown of one run.
const MOST: usize = 8;
/// The capability whose denials name tools.
const TOOLS: &str = "tools";
/// No longer address is worth a rule that somebody copies.
const LONGEST: usize = 500;

/// What was shown of a run so far: each rule once.
pub(super) struct Allowing {
    files: Arc<GrantFiles>,
    told: HashSet<(Arc<str>, Denial)>,
}

impl Allowing {
    pub(super) fn new(files: Arc<GrantFiles>) -> Allowing {
        Allowing { files, told: HashSet::new() }
    }

    /// The rule that allows what a step of a workflow was denied, each line with two spaces before it.
    pub(super) fn tell(&mut self, workflow: &str, step: &Arc<str>, denial: &Denial) -> Vec<String> {
        if self.told.len() == MOST || denial.what.len() > LONGEST {
            return Vec::new();
        }
        let owner = denial.tool.as_ref().unwrap_or(step);
        let file = self.files.get(&(workflow.to_owned(), owner.to_string()));
        let place = file.map_or_else(|| format!("the grant of `{owner}`"), Clone::clone);
        let Some(lines) = advice(owner, &place, denial) else { return Vec::new() };
        if !self.told.insert((step.clone(), denial.clone())) {
            return Vec::new();
        }
        lines.iter().map(|line| format!("  {}", inert(line))).collect()
    }
}

/// What to do if it may; none where nothing that is written anywhere helps.
fn advice(step: &str, place: &str, denial: &Denial) -> Option<Vec<String>> {
    match (&*denial.capability, &*denial.why) {
        (TOOLS, "pin") => Some(vec![
            "these tools are not those that were accepted; look at what has changed, and accept it or not:"
                .to_owned(),
            format!("lockstep grant accept {step} --workflow WORKFLOW --config FILE"),
        ]),
        (TOOLS, "budget") => {
            Some(vec![format!("if it may make more calls, raise `calls` of its [[tools]] in {place}")])
        }
        (TOOLS, _) => added(place, tools::rule_that_allows(denial)),
        _ => added(place, http::rule_that_allows(denial)),
    }
}

fn added(place: &str, rule: Option<String>) -> Option<Vec<String>> {
    let head = format!("if it may, add to {place}:");
    rule.map(|rule| [head].into_iter().chain(rule.lines().map(str::to_owned)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn denial(what: &str) -> Denial {
        Denial { capability: "http".into(), what: what.into(), why: "host".into(), tool: None }
    }

    #[test]
    fn a_rule_is_shown_once_with_the_file_that_it_goes_to() {
        let files = [(("w".to_owned(), "pay".to_owned()), "./grants/pay.toml".to_owned())];
        let mut allowing = Allowing::new(Arc::new(files.into()));
        let mut tell = |step: &str, what: &str| {
            let lines = allowing.tell("w", &step.into(), &denial(what));
            let indented = |line: String| format!("{}\n", line.strip_prefix("  ").expect("two spaces"));
            lines.into_iter().map(indented).collect::<String>()
        };
        expect![[r#"
              if it may, add to ./grants/pay.toml:
              [[http]]
              host = "127.0.0.1"
              scheme = "http"
              port = 8037
              methods = ["GET"]
              paths = ["/EUR.json"]
              query = []
              network = "loopback:8037"
        "#]]
        .assert_eq(&tell("pay", "GET http://127.0.0.1:8037/EUR.json"));
        assert_eq!(tell("pay", "GET http://127.0.0.1:8037/EUR.json"), "");
        expect![[r#"
              if it may, add to the grant of `look`:
              [[http]]
              host = "api.example"
              methods = ["GET"]
              paths = ["/a"]
              query = []
        "#]]
        .assert_eq(&tell("look", "GET https://api.example/a"));
        assert_eq!(tell("pay", "no request"), "");
        let of_tool = Denial { tool: Some("kit".into()), ..denial("GET https://api.example/a") };
        let told = allowing.tell("w", &"pay".into(), &of_tool);
        assert_eq!(told[0], "  if it may, add to the grant of `kit`:", "not to its caller's");
    }

    #[test]
    fn what_a_tool_was_denied_for_says_what_to_do() {
        let told = |what: &str, why: &str| {
            let denial = Denial { capability: TOOLS.into(), what: what.into(), why: why.into(), tool: None };
            let lines = Allowing::new(Arc::default()).tell("w", &"pay".into(), &denial);
            lines.iter().map(|line| format!("{}\n", &line[2..])).collect::<String>()
        };
        let all = [
            ("bank/pay", "tool"),
            ("bank/pay to=\"eve\"", "argument"),
            ("bank/pay", "pin"),
            ("bank/pay", "budget"),
        ];
        expect![[r#"
            if it may, add to the grant of `pay`:
            [[tools]]
            mcp = "bank"
            allow = ["pay"]
            if it may, add to the grant of `pay`:
            # together with what the grant has of this tool
            [[tools]]
            mcp = "bank"
            allow = ["pay"]
            args = { pay = { to = ["eve"] } }
            these tools are not those that were accepted; look at what has changed, and accept it or not:
            lockstep grant accept pay --workflow WORKFLOW --config FILE
            if it may make more calls, raise `calls` of its [[tools]] in the grant of `pay`
        "#]]
        .assert_eq(&all.map(|(what, why)| told(what, why)).concat());
        assert_eq!(told("\u{1b}[2J", "tool"), "");
    }

    #[test]
    fn a_guest_that_asks_for_everything_fills_no_screen() {
        let mut allowing = Allowing::new(Arc::default());
        let shown = (0..100).filter(|nth| {
            let what = format!("GET https://api.example/{nth}");
            !allowing.tell("w", &"pay".into(), &denial(&what)).is_empty()
        });
        assert_eq!(shown.count(), MOST);
        let long = format!("GET https://api.example/{}", "a".repeat(LONGEST));
        assert!(Allowing::new(Arc::default()).tell("w", &"pay".into(), &denial(&long)).is_empty());
    }
}
