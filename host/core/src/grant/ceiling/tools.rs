//! `[[tools]]` under a ceiling: each table of the grant under one of the ceiling's for the same server or
//! component, in every field what both allow.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{FILE, Key, Lines, bytes, number};
use crate::grant::http::stricter;
use crate::grant::tools::{
    Allowed, Arguments, RESULT_BYTES, TIMEOUT, ToolSource, ToolsGrant, ToolsRule, canonical,
};

impl ToolsGrant {
    /// The rule that would let through a call that none does, for a person to decide on
    /// (`[on-denied] tools = "ask"`): this tool alone, with whatever arguments the ceiling has. None where no
    /// yes could help: the grant has nothing of the server or component, or the ceiling stands against it.
    pub fn proposed(&self, from: &ToolSource, tool: &str, arguments: &Arguments) -> Option<ToolsRule> {
        let of_same = || self.rules.iter().filter(|rule| rule.from == *from);
        let mut rule = match of_same().find(|rule| rule.allows(tool)) {
            Some(rule) => rule.clone(),
            None => {
                let other = of_same().next()?.clone();
                let allow = vec![tool.to_owned()];
                ToolsRule { allow, pin: None, args: BTreeMap::new(), approve: Vec::new(), ..other }
            }
        };
        rule.args.remove(tool);
        let mut rule = match &self.ceiling {
            Some(ceiling) => Lines(Vec::new()).rule(&rule, ceiling)?,
            None => rule,
        };
        // A person says yes to one call, not to a second one where nobody knows what came of the first.
        rule.at_most_once = true;
        if !rule.asks(tool) {
            rule.approve.push(tool.to_owned());
        }
        let is_let_through = rule.allows(tool) && rule.settle(tool, arguments.clone()).is_ok();
        is_let_through.then_some(rule)
    }
}

impl Lines {
    pub(super) fn tools(&mut self, grant: &ToolsGrant, ceiling: &ToolsGrant) -> ToolsGrant {
        let rules = grant.rules.iter().filter_map(|rule| self.rule(rule, &ceiling.rules));
        ToolsGrant { rules: rules.collect(), ceiling: Some(ceiling.rules.clone()) }
    }

    /// Of the tables of a ceiling that one counts that has the most of the tools: what a table says of all
    /// its calls together holds for no two.
    fn rule(&mut self, rule: &ToolsRule, ceiling: &[ToolsRule]) -> Option<ToolsRule> {
        let of_same = ceiling.iter().filter(|above| above.from == rule.from);
        let shared = |above: &&ToolsRule| rule.allow.iter().filter(|tool| above.allows(tool)).count();
        let Some(above) = of_same.min_by_key(|above| Reverse(shared(above))) else {
            self.missing(&format!("[[tools]] of {}", rule.from));
            return None;
        };
        if !self.is_pinned_alike(rule, above) {
            return None;
        }
        let args = self.args(rule, above, ceiling);
        let allow: Vec<String> = rule.allow.iter().filter(|tool| args.contains_key(*tool)).cloned().collect();
        if allow.is_empty() {
            return None;
        }
        let of = |key: &str| format!("`tools.{key}` of {}", rule.from);
        let (size, wait) = (of("result-bytes"), of("timeout"));
        let size = Key { name: &size, plain: RESULT_BYTES, shown: bytes };
        let wait = Key { name: &wait, plain: TIMEOUT, shown: |wait| format!("{wait:?}") };
        Some(ToolsRule {
            from: rule.from.clone(),
            pin: rule.pin.or(above.pin),
            args: args.into_iter().filter(|(_, arguments)| !arguments.is_empty()).collect(),
            approve: allow.iter().filter(|tool| rule.asks(tool) || above.asks(tool)).cloned().collect(),
            calls: self.calls(&of("calls"), rule.calls, above.calls),
            result_bytes: self.least(&size, rule.result_bytes, above.result_bytes),
            timeout: self.least(&wait, rule.timeout, above.timeout),
            at_most_once: rule.at_most_once || above.at_most_once,
            reuse: rule.reuse || above.reuse,
            rate: stricter(rule.rate, above.rate),
            allow,
        })
    }

    /// A pin is of all tools of its table, so two can be compared only where these are the same.
    fn is_pinned_alike(&mut self, rule: &ToolsRule, above: &ToolsRule) -> bool {
        let names = |rule: &ToolsRule| rule.allow.iter().cloned().collect::<BTreeSet<_>>();
        let is_alike = match (rule.pin, above.pin) {
            (_, None) => true,
            (mine, Some(pin)) => mine.is_none_or(|mine| mine == pin) && names(rule) == names(above),
        };
        if !is_alike {
            self.0.push(format!(
                "`tools.pin` of {} is another one, or of other tools, than in {FILE}; give both the same `pin` \
                 and `allow`, or take the `pin` out there",
                rule.from
            ));
        }
        is_alike
    }

    /// What each tool that both allow may be called with.
    fn args(
        &mut self,
        rule: &ToolsRule,
        above: &ToolsRule,
        ceiling: &[ToolsRule],
    ) -> BTreeMap<String, BTreeMap<String, Allowed>> {
        let mut args = BTreeMap::new();
        for tool in &rule.allow {
            if !above.allows(tool) {
                self.without(tool, rule, ceiling);
            } else if let Some(arguments) =
                self.arguments(&rule.what(tool), rule.args.get(tool), above.args.get(tool))
            {
                args.insert(tool.clone(), arguments);
            }
        }
        args
    }

    /// A tool that is not in the table that the others are in.
    fn without(&mut self, tool: &str, rule: &ToolsRule, ceiling: &[ToolsRule]) {
        let of = &rule.from;
        match ceiling.iter().any(|above| above.from == *of && above.allows(tool)) {
            true => self.0.push(format!(
                "the tool `{tool}` of {of} has a [[tools]] apart from the others in {FILE}; give it one in the \
                 grant too"
            )),
            false => self.missing(&format!("[[tools]] of {of}: the tool `{tool}`")),
        }
    }

    /// What both let through; none, if there is an argument of which they share no value.
    fn arguments(
        &mut self,
        what: &str,
        mine: Option<&BTreeMap<String, Allowed>>,
        theirs: Option<&BTreeMap<String, Allowed>>,
    ) -> Option<BTreeMap<String, Allowed>> {
        let mut both = mine.cloned().unwrap_or_default();
        for (name, above) in theirs.into_iter().flatten() {
            let narrowed = match both.get(name) {
                Some(allowed) => self.values(&format!("`tools.args` of {what}: `{name}`"), allowed, above)?,
                None => above.clone(),
            };
            both.insert(name.clone(), narrowed);
        }
        Some(both)
    }

    fn values(&mut self, what: &str, mine: &Allowed, above: &Allowed) -> Option<Allowed> {
        let (kept, lost): (Vec<_>, Vec<_>) =
            mine.values().iter().cloned().partition(|value| above.has(value));
        lost.iter().for_each(|value| self.missing(&format!("{what} with the value {}", canonical(value))));
        match mine {
            Allowed::Fixed(value) if kept.contains(value) => Some(mine.clone()),
            _ if kept.is_empty() => None,
            _ => Some(Allowed::OneOf(kept)),
        }
    }

    /// None is no limit, on either side.
    fn calls(&mut self, name: &str, asked: Option<u32>, most: Option<u32>) -> Option<u32> {
        let key = Key { name, plain: u32::MAX, shown: number };
        let least = self.least(&key, asked.unwrap_or(u32::MAX), most.unwrap_or(u32::MAX));
        (asked.is_some() || most.is_some()).then_some(least)
    }
}
