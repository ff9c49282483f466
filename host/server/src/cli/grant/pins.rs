//! Tools of servers as a person accepts them: what they are now, what has changed since they were accepted
//! before, and the `pin` that a grant then has. What servers say goes in; lines for people, text of a grant and
//! what the lock keeps come out.

use std::collections::BTreeMap;
use std::sync::Arc;

use lockstep_core::blob::Digest;
use lockstep_core::grant::Grant;
use lockstep_core::grant::tools::{Tool, ToolSource, ToolsRule, drift, pin_of};
use toml_edit::{DocumentMut, Item};

use super::accept::set;
use crate::inert::inert;
use crate::lock::{Lock, LockedTools};
use crate::project::{Refused, element_mut};

/// So much of one text of a server is told.
const LONGEST: usize = 400;

/// What a `[[tools]]` of a grant allows of a server, as that has it now.
pub(super) struct Pinned {
    /// Which of the grant's `[[tools]]`.
    at: usize,
    server: String,
    rule: ToolsRule,
    tools: Vec<Tool>,
}

/// All `[[tools]]` of servers in a grant, which said this of their tools.
pub(super) fn pinned(grant: &Grant, said: &BTreeMap<String, Arc<[Tool]>>) -> Result<Vec<Pinned>, Refused> {
    let (mut all, mut wrong) = (Vec::new(), Vec::new());
    for (at, rule) in grant.tools.rules.iter().enumerate() {
        let ToolSource::Server(server) = &rule.from else { continue };
        let tools = rule.allowed(said.get(server).map_or(&[][..], |tools| tools));
        wrong.extend(missing(server, rule, &tools));
        all.push(Pinned { at, server: server.clone(), rule: rule.clone(), tools });
    }
    if wrong.is_empty() { Ok(all) } else { Err(Refused { lines: wrong }) }
}

/// A line for each tool that a server does not have: it would have to be accepted unseen.
fn missing(server: &str, rule: &ToolsRule, tools: &[Tool]) -> Vec<String> {
    let missing = rule.allow.iter().filter(|name| !tools.iter().any(|tool| tool.name == **name));
    let line = |name: &String| {
        format!("the server `{server}` has no tool `{name}`; take it out of `allow`, or mend its name")
    };
    missing.map(line).collect()
}

impl Pinned {
    fn pin(&self) -> Digest {
        pin_of(&self.tools)
    }

    /// What a person is to look at: all tools where none were accepted, else what has changed.
    pub(super) fn told(&self, step: &str, lock: &Lock) -> Vec<String> {
        let pin = self.pin();
        let (was, lines) = match self.rule.pin {
            Some(before) if before == pin => (String::new(), Vec::new()),
            Some(before) => (format!("  (was {before})"), self.changed(step, before, lock)),
            None => (String::new(), described(&self.tools)),
        };
        let head = format!("  tools of {}  {pin}{was}", self.server);
        let lines = lines.into_iter().map(|line| format!("    {line}"));
        [head].into_iter().chain(lines).map(|line| inert(&line).into_owned()).collect()
    }

    fn changed(&self, step: &str, before: Digest, lock: &Lock) -> Vec<String> {
        let Some(accepted) = lock.accepted(step, &self.server, before) else {
            let unknown = "what was accepted before is not in lockstep.lock; look at all of them".to_owned();
            return [unknown].into_iter().chain(described(&self.tools)).collect();
        };
        let is_new = |tool: &&Tool| !accepted.iter().any(|known| known.name == tool.name);
        let new = described(self.tools.iter().filter(is_new));
        drift(&accepted, &self.tools).into_iter().chain(new).collect()
    }

    /// What the lock keeps.
    pub(super) fn locked(&self, step: &str) -> LockedTools {
        LockedTools::of(step, &self.server, &self.tools)
    }
}

/// The text of a grant with these pins in it.
pub(super) fn with_pins(text: &str, tools: &[Pinned]) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error| format!("{error}"))?;
    for pinned in tools {
        let rules = document.get_mut("tools");
        let is_inline = rules.as_ref().is_some_and(|rules| rules.is_value());
        let rule = rules.and_then(|rules| element_mut(rules, pinned.at));
        let rule = rule.filter(|rule| rule.get("mcp").and_then(Item::as_str) == Some(&pinned.server));
        let rule = rule.ok_or("it has other [[tools]] than it had")?;
        set(rule, "pin", &pinned.pin().to_string());
        if is_inline {
            // On one line, where no comment can be.
            rule.fmt();
        }
    }
    Ok(document.to_string())
}

/// Each tool, as its server describes it.
fn described<'t>(tools: impl IntoIterator<Item = &'t Tool>) -> Vec<String> {
    let lines = |tool: &Tool| {
        [format!("{}: {}", tool.name, cut(&tool.description)), format!("  {}", cut(&tool.schema.to_string()))]
    };
    tools.into_iter().flat_map(lines).collect()
}

/// A text of a server, and not too much of it.
pub(super) fn cut(text: &str) -> String {
    match text.len() > LONGEST {
        true => format!("{}… of {} bytes", &text[..text.floor_char_boundary(LONGEST)], text.len()),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use super::*;
    use crate::project::read_grant;

    const GRANT: &str = "grant = 1\n\n[[tools]] # ours\ncomponent = \"kit\"\nallow = [\"echo\"]\n\n[[tools]]\nmcp = \
                         \"bank\"\nallow = [\"pay\"] # and no more\n";

    fn tool(name: &str, description: &str) -> Tool {
        Tool { name: name.into(), description: description.into(), schema: json!({ "type": "object" }) }
    }

    /// What is accepted of a bank with these tools.
    fn at_bank(text: &str, tools: &[Tool]) -> Result<Vec<Pinned>, Refused> {
        let grant = read_grant(text, "pay.toml").unwrap();
        pinned(&grant, &[("bank".to_owned(), tools.into())].into())
    }

    fn plain(text: &str) -> String {
        [pin_of(&[tool("pay", "pays")]), pin_of(&[tool("pay", "robs\u{1b}[2J")])]
            .iter()
            .zip(["OLD", "NEW"])
            .fold(text.to_owned(), |text, (pin, name)| text.replace(&pin.to_string(), name))
    }

    #[test]
    fn a_pin_is_written_to_the_tools_of_its_server_and_nothing_else_changes() {
        let all = at_bank(GRANT, &[tool("close", ""), tool("pay", "pays")]).unwrap();
        let text = with_pins(GRANT, &all).unwrap();
        expect![[r#"
            grant = 1

            [[tools]] # ours
            component = "kit"
            allow = ["echo"]

            [[tools]]
            mcp = "bank"
            allow = ["pay"] # and no more
            pin = "OLD"
        "#]]
        .assert_eq(&plain(&text));
        assert_eq!(with_pins(&text, &all).unwrap(), text);
        let inline = "grant = 1\ntools = [{ mcp = \"bank\", allow = [\"pay\"] }]\n";
        let all = at_bank(inline, &[tool("pay", "pays")]).unwrap();
        let text = plain(&with_pins(inline, &all).unwrap());
        assert_eq!(text, "grant = 1\ntools = [{ mcp = \"bank\", allow = [\"pay\"], pin = \"OLD\" }]\n");
        assert_eq!(with_pins("grant = 1\n", &all).unwrap_err(), "it has other [[tools]] than it had");
    }

    #[test]
    fn what_has_changed_is_told_and_all_of_it_where_nobody_knows_what_was() {
        let old = at_bank(GRANT, &[tool("pay", "pays")]).unwrap();
        let told = |text: &str, tools: &[Tool], lock: &Lock| {
            let all = at_bank(text, tools).unwrap();
            let lines = all.iter().flat_map(|pinned| pinned.told("work", lock));
            plain(&lines.map(|line| format!("{}\n", &line[2..])).collect::<String>())
        };
        let mut lock = Lock::default();
        lock.accept("work", old.iter().map(|pinned| pinned.locked("work")));
        let accepted = with_pins(GRANT, &old).unwrap();
        let new = [tool("pay", "robs\u{1b}[2J")];
        expect![[r#"
              tools of bank  OLD
                pay: pays
                  {"type":"object"}
        "#]]
        .assert_eq(&told(GRANT, &[tool("pay", "pays")], &lock));
        expect![[r#"
              tools of bank  NEW  (was OLD)
                pay: its description was "pays" and is "robs\u001b[2J"
        "#]]
        .assert_eq(&told(&accepted, &new, &lock));
        expect![[r#"
              tools of bank  NEW  (was OLD)
                what was accepted before is not in lockstep.lock; look at all of them
                pay: robs\u{1b}[2J
                  {"type":"object"}
        "#]]
        .assert_eq(&told(&accepted, &new, &Lock::default()));
        assert_eq!(told(&accepted, &[tool("pay", "pays")], &Lock::default()), "tools of bank  OLD\n");
        let more = accepted.replace("[\"pay\"]", "[\"pay\", \"close\"]");
        let both = told(&more, &[tool("close", "closes"), tool("pay", "pays")], &lock);
        let (_, lines) = both.split_once('\n').unwrap();
        assert_eq!(lines, "  close is new\n  close: closes\n    {\"type\":\"object\"}\n");
    }

    #[test]
    fn a_tool_that_its_server_does_not_have_is_not_accepted() {
        let refused = at_bank(GRANT, &[tool("Pay", "")]).err().unwrap();
        assert_eq!(
            refused.to_string(),
            "the server `bank` has no tool `pay`; take it out of `allow`, or mend its name"
        );
    }
}
