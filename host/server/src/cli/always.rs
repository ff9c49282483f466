//! Nobody is to be asked about such a call again: the rule that says so goes into the grant of its step. The
//! call that a person has approved goes in; the file with the rule in it comes out, read again and held
//! against the one before, and is written when the decision stands.

use std::fs;
use std::path::{Path, PathBuf};

use lockstep_core::effect::Denial;
use lockstep_core::grant::http::{self, Asked, Rule};
use lockstep_core::grant::tools::ToolsRule;
use lockstep_core::grant::{Grant, http::HttpGrant};
use lockstep_core::run::{Approval, Run};
use lockstep_core::workflow::file::{self, Code, GivenGrant, Step};
use serde::Deserialize;

use crate::inert::inert;
use crate::lock::write_whole;
use crate::operator::Operator;
use crate::project::{Amendment, Refused, WorkflowFile, amended, read_grant};
use crate::source::unreadable;

/// Workflows are looked for within each other no deeper.
const DEEPEST: usize = 8;
const HTTP: &str = "http";
const TOOLS: &str = "tools";

/// Where rules are written, and what the operator lets them say.
pub(super) struct Grants {
    workflow: PathBuf,
    operator: Operator,
}

/// A rule that can be written.
pub(super) struct NewRule {
    path: PathBuf,
    text: String,
    /// The rule itself, as lines of a grant.
    pub(super) lines: String,
}

/// The file that a step's grant stands in.
struct Place<'f> {
    step: &'f Step,
    path: PathBuf,
    text: String,
    /// From the top of the file to the tables of the grant.
    keys: Vec<&'f str>,
}

/// What a request was asked with.
#[derive(Deserialize)]
struct Request {
    method: String,
    url: String,
}

impl Grants {
    pub(super) fn new(workflow: PathBuf, operator: Operator) -> Grants {
        Grants { workflow, operator }
    }

    /// The rule after which nobody is asked about this call; nothing is written yet.
    pub(super) fn rule(&self, run: &Run, open: &Approval) -> Result<NewRule, Refused> {
        if open.within.is_some() {
            let why = "a tool makes this call, by a rule of its own grant; change that by hand";
            return Err(Refused::one(why));
        }
        let name = &run.workflow().name;
        let file = self.file(name)?;
        let step = file.step(&open.step)?;
        let place = Place::of(&file, step)?;
        let refused = |why: String| {
            let (path, step) = (place.path.display(), &open.step);
            Refused::one(
                inert(&format!("{path}: no rule can be written for step `{step}`: {why}")).into_owned(),
            )
        };
        let before = place.grant(&place.text)?;
        let (amendment, is_meant) = amendment(&before, open).map_err(refused)?;
        let (text, lines) = amended(&place.text, &place.keys, &amendment).map_err(refused)?;
        let after = place.grant(&text)?;
        let allowed = self.operator.allow(&after).map_err(|lines| Refused { lines })?;
        let why = match (is_meant(&before, &after), is_let_go(&after, open), is_let_go(&allowed, open)) {
            (true, true, true) => return Ok(NewRule { path: place.path, text, lines }),
            (true, true, false) => "the operator's [ceiling] wants a person to be asked",
            _ => "with it, somebody would still be asked; change the grant by hand",
        };
        Err(refused(why.to_owned()))
    }

    /// The workflow of this name: the one that is named, or one within it.
    fn file(&self, name: &str) -> Result<WorkflowFile, Refused> {
        let outer = WorkflowFile::read(&self.workflow)?;
        let shown = outer.shown();
        within(outer, name, 0).ok_or_else(|| {
            let why = format!(
                "neither {shown} nor a workflow within it is `{name}`; name its folder with `--workflow`"
            );
            Refused::one(inert(&why).into_owned())
        })
    }
}

fn within(file: WorkflowFile, name: &str, depth: usize) -> Option<WorkflowFile> {
    if file.file.workflow == name {
        return Some(file);
    }
    let nested = file.file.steps.iter().filter_map(|step| match &step.code {
        Code::Workflow(path) if depth < DEEPEST => WorkflowFile::read(&file.beside(path)).ok(),
        _ => None,
    });
    nested.collect::<Vec<_>>().into_iter().find_map(|inner| within(inner, name, depth + 1))
}

impl NewRule {
    pub(super) fn write(&self) -> Result<(), Refused> {
        write_whole(&self.path, &self.text).map_err(|error| {
            let path = self.path.display();
            Refused::one(format!(
                "the call is approved, but {path} cannot be written: {error}; add the rule by hand"
            ))
        })
    }

    /// Where it went, and when it holds.
    pub(super) fn told(&self) -> Vec<String> {
        let head = format!("written to {}, in force from the next load on:", self.path.display());
        let lines = self.lines.lines().map(|line| format!("  {line}"));
        [head].into_iter().chain(lines).map(|line| inert(&line).into_owned()).collect()
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl<'f> Place<'f> {
    fn of(file: &'f WorkflowFile, step: &'f Step) -> Result<Place<'f>, Refused> {
        let (path, keys) = match (&step.grant, file.grant_path(step)) {
            (_, Some(path)) => (path, Vec::new()),
            (GivenGrant::Inline(_), None) => {
                (file.path.clone(), vec!["steps", step.name.value.as_str(), "grant"])
            }
            (_, None) => {
                let why =
                    format!("{}: step `{}` has no grant to write a rule to", file.shown(), step.name.value);
                return Err(Refused::one(why));
            }
        };
        let text = fs::read_to_string(&path)
            .map_err(|error| Refused::one(unreadable(&path.display().to_string(), &error)))?;
        Ok(Place { step, path, text, keys })
    }

    /// The step's grant, were this the text of the file.
    fn grant(&self, text: &str) -> Result<Grant, Refused> {
        let shown = self.path.display().to_string();
        if self.keys.is_empty() {
            return read_grant(text, &shown);
        }
        let file = file::parse(text).map_err(|findings| Refused {
            lines: findings.iter().map(|it| inert(&it.in_file(&shown).to_string()).into_owned()).collect(),
        })?;
        let same = file.steps.iter().find(|step| step.name.value == self.step.name.value);
        match same.map(|step| &step.grant) {
            Some(GivenGrant::Inline(grant)) => Ok((**grant).clone()),
            _ => Err(Refused::one(format!("{shown}: step `{}` has no grant", self.step.name.value))),
        }
    }
}

/// Whether a grant differs from the one before in nothing but what was meant.
type IsMeant = Box<dyn Fn(&Grant, &Grant) -> bool>;

fn amendment(grant: &Grant, open: &Approval) -> Result<(Amendment, IsMeant), String> {
    match &*open.capability {
        HTTP => request(&grant.http, open),
        TOOLS => tool(&grant.tools.rules, open),
        other => Err(format!("rules for `{other}` are written by hand")),
    }
}

fn request(grant: &HttpGrant, open: &Approval) -> Result<(Amendment, IsMeant), String> {
    let asked = asked(open).ok_or("it is no request")?;
    let what = format!("{} {}", asked.method, asked.url);
    let lines = |why: &str| {
        let denial =
            Denial { capability: HTTP.into(), what: what.as_str().into(), why: why.into(), tool: None };
        http::rule_that_allows(&denial).ok_or_else(|| "there is no rule for it".to_owned())
    };
    match grant.choose(&asked) {
        Ok((_, rule)) if !rule.approve.covers(&asked.method) => {
            Err("a rule lets it go already; it holds from the next load on".to_owned())
        }
        Ok((at, _)) => {
            let is_meant = move |before: &Grant, after: &Grant| adds_rule(before, after, at);
            Ok((Amendment::Narrowed { at, lines: lines(http::Why::Host.as_str())? }, Box::new(is_meant)))
        }
        Err(why) => {
            let at = grant.rules.len();
            let is_meant = move |before: &Grant, after: &Grant| adds_rule(before, after, at);
            Ok((Amendment::Added { lines: lines(why.as_str())? }, Box::new(is_meant)))
        }
    }
}

fn adds_rule(before: &Grant, after: &Grant, at: usize) -> bool {
    let mut rules: Vec<Rule> = after.http.rules.clone();
    let is_one_more = rules.len() == before.http.rules.len() + 1;
    is_one_more && {
        rules.remove(at);
        Grant { http: HttpGrant { rules, ..after.http.clone() }, ..after.clone() } == *before
    }
}

/// `SERVER/TOOL …`
fn tool(rules: &[ToolsRule], open: &Approval) -> Result<(Amendment, IsMeant), String> {
    let (from, tool) = tool_of(open).ok_or("it names no tool")?;
    let at = rules.iter().position(|rule| is_of(rule, from) && has(&rule.allow, tool));
    let at = at.or_else(|| rules.iter().position(|rule| is_of(rule, from)));
    let at = at.ok_or_else(|| format!("it has no [[tools]] of `{from}`"))?;
    let rule = &rules[at];
    let (is_allowed, is_asked) = (has(&rule.allow, tool), has(&rule.approve, tool));
    if is_allowed && !is_asked {
        return Err(
            "the tool is allowed already, if not with these arguments; change its `args` by hand".into()
        );
    }
    if !is_allowed && rule.pin.is_some() {
        return Err(
            "its `pin` is for the tools that it allows now; put the tool into `allow` by hand, and accept it"
                .into(),
        );
    }
    let amendment = Amendment::Tool { at, tool: tool.to_owned() };
    let (from, tool) = (from.to_owned(), tool.to_owned());
    let is_meant = move |before: &Grant, after: &Grant| {
        let closed = |grant: &Grant| {
            let mut closed = grant.clone();
            closed.tools.rules = grant.tools.rules.iter().map(|rule| without(rule, &from, &tool)).collect();
            closed
        };
        closed(before) == closed(after)
    };
    Ok((amendment, Box::new(is_meant)))
}

/// A rule that says nothing of one tool.
fn without(rule: &ToolsRule, from: &str, tool: &str) -> ToolsRule {
    let mut rule = rule.clone();
    if is_of(&rule, from) {
        rule.allow.retain(|name| name != tool);
        rule.approve.retain(|name| name != tool);
    }
    rule
}

fn has(names: &[String], tool: &str) -> bool {
    names.iter().any(|name| name == tool)
}

/// Whether a rule is of the server or component that calls name so.
fn is_of(rule: &ToolsRule, from: &str) -> bool {
    rule.from.to_string() == from
}

/// Whether a grant lets the call go and asks nobody.
fn is_let_go(grant: &Grant, open: &Approval) -> bool {
    match (&*open.capability, tool_of(open)) {
        (HTTP, _) => asked(open).is_some_and(|asked| {
            grant.http.choose(&asked).is_ok_and(|(_, rule)| !rule.approve.covers(&asked.method))
        }),
        (TOOLS, Some((from, tool))) => grant
            .tools
            .rules
            .iter()
            .any(|rule| is_of(rule, from) && has(&rule.allow, tool) && !has(&rule.approve, tool)),
        _ => false,
    }
}

fn asked(open: &Approval) -> Option<Asked> {
    let Request { method, url } = serde_json::from_str(open.proposal.arguments.as_str()).ok()?;
    Asked::parse(&method, &url).ok()
}

fn tool_of(open: &Approval) -> Option<(&str, &str)> {
    open.what.split(' ').next()?.split_once('/')
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use lockstep_core::blob::Digest;
    use lockstep_core::effect::{CallId, Proposal};
    use lockstep_core::event::{Json, Timestamp};
    use lockstep_core::run::Seq;

    use super::*;

    fn open(capability: &str, what: &str, arguments: &str) -> Approval {
        Approval {
            within: None,
            delivery: Seq(1),
            step: "pay".into(),
            call: CallId { digest: Digest::of(b""), nth: 1 },
            capability: capability.into(),
            what: what.into(),
            rule: "".into(),
            why: "".into(),
            proposal: Proposal { arguments: Json::trusted(arguments), schema: None },
            asked_at: Timestamp(0),
            deadline: Timestamp(1),
        }
    }

    fn request(method: &str, url: &str) -> Approval {
        let arguments = serde_json::json!({ "method": method, "url": url }).to_string();
        open(HTTP, &format!("{method} {url}"), &arguments)
    }

    /// The grant with the rule in it, which is as it should be.
    fn amend(text: &str, open: &Approval) -> Result<String, String> {
        let before = read_grant(text, "pay.toml").map_err(|refused| refused.to_string())?;
        let (amendment, is_meant) = amendment(&before, open)?;
        let (text, _) = amended(text, &[], &amendment)?;
        let after = read_grant(&text, "pay.toml").map_err(|refused| refused.to_string())?;
        assert!(is_meant(&before, &after) && is_let_go(&after, open), "{text}");
        Ok(text)
    }

    fn check(text: &str, open: &Approval, expected: Expect) {
        expected.assert_eq(&amend(text, open).unwrap());
    }

    const ASKS: &str = "grant = 1\n[[http]]\nhost = \"*.bank.example\"\nmethods = [\"GET\", \"POST\"]\n\
                        approve = \"always\"\nsecret = { name = \"key\", header = \"x-key\" }\n";

    #[test]
    fn the_first_rule_that_asks_gets_a_narrower_one_before_it_with_the_same_secret() {
        check(
            ASKS,
            &request("POST", "https://pay.bank.example/v1/a*b?limit=5"),
            expect![[r#"
            grant = 1

            [[http]]
            host = "pay.bank.example"
            methods = ["POST"]
            approve = "never"
            secret = { name = "key", header = "x-key" }
            paths = ["/v1/a%2Ab"]
            query = ["limit"]
            [[http]]
            host = "*.bank.example"
            methods = ["GET", "POST"]
            approve = "always"
            secret = { name = "key", header = "x-key" }
        "#]],
        );
    }

    #[test]
    fn what_no_rule_allowed_gets_a_rule_after_the_others() {
        check(
            "grant = 1\n\n[on-denied] # told\nhttp = \"error\"\n\n[[http]]\nhost = \"a.example\"\n",
            &request("PUT", "http://127.0.0.1:8080/x"),
            expect![[r#"
                grant = 1

                [on-denied] # told
                http = "error"

                [[http]]
                host = "a.example"

                [[http]]
                host = "127.0.0.1"
                scheme = "http"
                port = 8080
                methods = ["PUT"]
                paths = ["/x"]
                query = []
                network = "loopback:8080"
            "#]],
        );
    }

    #[test]
    fn nobody_is_asked_any_more_about_a_tool_of_the_table_that_has_it_be_it_a_servers_or_a_components() {
        let asks = |source: &str, tool: &str| {
            format!("[[tools]]\n{source}\nallow = [\"{tool}\"]\napprove = [\"{tool}\"]\n")
        };
        let (server, component) = ("mcp = \"bank\"", "component = \"bank\"");
        let all = [asks(server, "look"), asks(server, "pay"), asks(component, "count")];
        let text = format!("grant = 1\n{}", all.concat());
        let plain = |text: &str, tool: &str| text.replace(&format!("approve = [\"{tool}\"]\n"), "");
        for (what, tool) in [("bank/pay {}", "pay"), ("component:bank/count {}", "count")] {
            assert_eq!(amend(&text, &open(TOOLS, what, "{}")).unwrap(), plain(&text, tool));
        }
        let unknown = amend(&text, &open(TOOLS, "component:kit/count {}", "{}")).unwrap_err();
        assert_eq!(unknown, "it has no [[tools]] of `component:kit`");
    }

    #[test]
    fn where_there_is_no_rule_to_write_the_reason_is_told() {
        for (open, why) in [
            (open("llm", "small", "{}"), "rules for `llm` are written by hand"),
            (open(HTTP, "x", "{}"), "it is no request"),
            (open(TOOLS, "x", "{}"), "it names no tool"),
        ] {
            assert_eq!(amend(ASKS, &open).unwrap_err(), why);
        }
        let again = amend(ASKS, &request("GET", "https://pay.bank.example/")).unwrap();
        let told = amend(&again, &request("GET", "https://pay.bank.example/")).unwrap_err();
        assert_eq!(told, "a rule lets it go already; it holds from the next load on");
    }
}
