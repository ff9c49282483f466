//! The choice of a rule and of the arguments that it lets through. Names are compared byte by byte: a name
//! in another case is another tool.

use serde_json::Value;

use super::{Allowed, Arguments, Tool, ToolsGrant, ToolsRule, Why, canonical};

/// An argument that a rule does not let through.
#[derive(Clone, Debug, PartialEq)]
pub struct NotAllowed {
    /// Which.
    pub argument: String,
    /// Its value; none: it has none.
    pub value: Option<Value>,
}

impl NotAllowed {
    /// Always [`Why::Argument`].
    pub fn why(&self) -> Why {
        Why::Argument
    }

    /// What was asked as denials have it: `github/get_issue owner="evil"`.
    pub fn what(&self, rule: &ToolsRule, tool: &str) -> String {
        let asked = format!("{} {}", rule.what(tool), self.argument);
        match &self.value {
            Some(value) => format!("{asked}={}", canonical(value)),
            None => asked,
        }
    }
}

impl ToolsGrant {
    /// The rule that allows a tool.
    pub fn choose(&self, name: &str) -> Result<&ToolsRule, Why> {
        self.rules.iter().find(|rule| rule.allows(name)).ok_or(Why::Tool)
    }
}

impl ToolsRule {
    /// Whether it allows a tool.
    pub fn allows(&self, name: &str) -> bool {
        self.allow.iter().any(|allowed| allowed == name)
    }

    /// Of the tools that a server has, those that the rule allows: what its pin is of.
    pub fn allowed(&self, tools: &[Tool]) -> Vec<Tool> {
        tools.iter().filter(|tool| self.allows(&tool.name)).cloned().collect()
    }

    /// The arguments that a call is made with: a single value is filled in where it is missing; whatever
    /// else is not as the rule has it is denied.
    pub fn settle(&self, tool: &str, arguments: Arguments) -> Result<Arguments, NotAllowed> {
        let mut arguments = arguments;
        for (name, allowed) in self.args.get(tool).into_iter().flatten() {
            let given = arguments.get(name);
            match allowed {
                Allowed::Fixed(value) if given.is_none() => arguments = arguments.with(name, value.clone()),
                _ if given.is_some_and(|value| allowed.has(value)) => {}
                _ => return Err(NotAllowed { argument: name.clone(), value: given.cloned() }),
            }
        }
        Ok(arguments)
    }
}

impl Allowed {
    /// Whether a value is one of those. A number in another form (`1.0` for `1`) is another value.
    pub(in crate::grant) fn has(&self, value: &Value) -> bool {
        self.values().contains(value)
    }

    /// All of them.
    pub(in crate::grant) fn values(&self) -> &[Value] {
        match self {
            Allowed::Fixed(value) => std::slice::from_ref(value),
            Allowed::OneOf(values) => values,
        }
    }
}
