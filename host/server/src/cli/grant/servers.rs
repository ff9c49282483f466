//! The operator's servers of tools, asked what tools they have: each is started if it has to be, asked, and
//! ended. What they say is a stranger's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lockstep_core::grant::Grant;
use lockstep_core::grant::tools::{Tool, ToolSource};

use crate::inert::inert;
use crate::operator::Operator;
use crate::project::Refused;

/// What a server said: its tools, or why it did not.
pub(super) type Said = Result<Arc<[Tool]>, String>;

/// The servers that a grant names.
pub(super) fn named(grant: &Grant) -> BTreeSet<String> {
    let named = grant.tools.rules.iter().filter_map(|rule| match &rule.from {
        ToolSource::Server(name) => Some(name.clone()),
        ToolSource::Component(_) => None,
    });
    named.collect()
}

/// The tools of all of them, or a line for each that does not tell of its own.
pub(super) fn ask(
    operator: &Operator,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<String, Arc<[Tool]>>, Refused> {
    let (mut tools, mut wrong) = (BTreeMap::new(), Vec::new());
    for (name, said) in ask_each(operator, names)? {
        match said {
            Ok(said) => drop(tools.insert(name, said)),
            Err(why) => wrong.push(inert(&why).into_owned()),
        }
    }
    if wrong.is_empty() { Ok(tools) } else { Err(Refused { lines: wrong }) }
}

/// What each of them says.
pub(super) fn ask_each(
    operator: &Operator,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<String, Said>, Refused> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Refused::one(error.to_string()))?;
    let said = names.iter().map(|name| (name.clone(), runtime.block_on(asked(operator, name))));
    Ok(said.collect())
}

async fn asked(operator: &Operator, name: &str) -> Said {
    let servers = operator.tool_servers(&[name.to_owned()].into());
    let servers = servers.map_err(|refused| refused.to_string())?;
    let Some(server) = servers.get(name) else {
        return Err(format!(
            "the server `{name}` is not in lockstep.toml; add [mcp.{name}] with its `command` or its `url`, or \
             name the file that has it with `--config`"
        ));
    };
    server.list().await.map_err(|why| why.to_string())
}
