//! The tools of a component that is one, as it describes them: asked in the sandbox, with nothing within its
//! reach but what it computes. What it says is a stranger's.

use std::sync::Arc;

use lockstep_core::grant::Grant;
use lockstep_core::grant::http::HttpGrant;
use lockstep_core::grant::tools::{Tool, ToolSource, ToolsGrant};
use lockstep_sandbox::{
    Allocator, Calling, Deciding, Origin, Sandbox, Settings, Source, ToolCall, ToolFault, ToolServer,
    Toolbox, Unreadable,
};

use super::Candidate;
use crate::{config, contract};

/// What a component says of its tools, or why that is not known.
pub(super) type Described = Result<Arc<[Tool]>, String>;

/// None for a component that is no tool. One that asks for rights is asked only where it is given some.
pub(super) fn described(candidate: &Candidate, grant: Option<&Grant>) -> Option<Described> {
    candidate.contract.is_tool().ok()?;
    Some(match grant {
        None if !contract::asked(&candidate.contract).is_empty() => {
            Err("it asks for rights; see its tools with `--grant`".to_owned())
        }
        grant => ask(candidate, &harmless(&grant.cloned().unwrap_or_default())),
    })
}

fn ask(candidate: &Candidate, grant: &Grant) -> Described {
    let compiler = config::compiler().map_err(|error| error.to_string())?;
    let settings = Settings { compiler, allocator: Allocator::OnDemand, ..Settings::default() };
    let source = Source { bytes: &candidate.fetched.bytes, origin: Origin::Elsewhere };
    let nobody = Arc::new(Nobody) as Arc<dyn ToolServer>;
    let toolbox = Toolbox { servers: [(NOBODY.to_owned(), nobody)].into(), ..Toolbox::default() };
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    let sandbox = Sandbox::new(&settings).map_err(|error| error.to_string())?;
    let loaded = runtime.block_on(sandbox.load_tool("tool", source, grant, &toolbox));
    loaded.map(|tool| tool.tools()).map_err(|error| error.to_string())
}

/// The grant with all its tables and nothing behind them: calls have nobody who lets them leave, and what is
/// there without a call is taken away.
fn harmless(grant: &Grant) -> Grant {
    let mut rules = grant.http.rules.clone();
    rules.iter_mut().for_each(|rule| rule.secret = None);
    let mut tools: Vec<_> = grant.tools.rules.iter().take(1).cloned().collect();
    tools.iter_mut().for_each(|rule| rule.from = ToolSource::Server(NOBODY.to_owned()));
    Grant {
        http: HttpGrant { rules, ceiling: None },
        tools: ToolsGrant { rules: tools, ceiling: None },
        dirs: Vec::new(),
        scratch: None,
        ..grant.clone()
    }
}

const NOBODY: &str = "nobody";

/// Stands where servers of tools would.
#[derive(Debug)]
struct Nobody;

impl ToolServer for Nobody {
    fn list(&self) -> Deciding<'_, Arc<[Tool]>> {
        Box::pin(std::future::ready(Err(Unreadable("nobody is asked".to_owned()))))
    }

    fn call<'a>(&'a self, _: &'a ToolCall) -> Calling<'a> {
        Box::pin(std::future::ready(Err(ToolFault::NotMade("nobody is called".to_owned()))))
    }
}
