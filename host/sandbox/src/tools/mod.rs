//! Tools: what a step calls of servers and components that its grant names. One way leads to all of them: a
//! call is counted, read, let through by a rule or by a person, held against the tool's schema, agreed on with
//! the effects of its delivery, and made.
//!
//! [`Toolbox`] is what a host has to offer, [`Tools`] what one grant allows of it, a [`Session`] the calls of
//! one attempt. None of them knows what a server speaks: that is behind [`ToolServer`].

mod answer;
mod component;
mod session;

pub use component::ToolComponent;
pub(crate) use session::{CallError, NoResult, Session};

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use lockstep_core::grant::tools::{Arguments, Tool, ToolSource, ToolsGrant, ToolsRule};
use lockstep_core::grant::{Denied, Grant};

use crate::{Error, ToolServer, Unreadable, Walls};

/// The capability, as denials name it.
const NAME: &str = "tools";

/// What a host has for grants to name.
#[derive(Clone, Debug, Default)]
pub struct Toolbox {
    /// The operator's servers, by the names of `[mcp.NAME]`.
    pub servers: BTreeMap<String, Arc<dyn ToolServer>>,
    /// The workflow's components, by the names of `[tools.NAME]`.
    pub components: BTreeMap<String, ToolComponent>,
    /// Who stands in for a server or a component.
    pub stand_ins: BTreeMap<ToolSource, Arc<dyn ToolServer>>,
}

/// What one grant allows of a toolbox.
pub(crate) struct Tools {
    grant: ToolsGrant,
    on_denied: Denied,
    walls: Walls,
    /// Whose tools each rule is about.
    origins: Vec<Origin>,
}

#[derive(Clone, Debug)]
enum Origin {
    Server(Arc<dyn ToolServer>),
    Component(ToolComponent),
}

impl Tools {
    /// None for a grant without rules. Whatever a rule names must be there.
    pub(crate) fn new(grant: &Grant, toolbox: &Toolbox, walls: Walls) -> Result<Option<Arc<Tools>>, Error> {
        let rules = &grant.tools.rules;
        if rules.is_empty() {
            return Ok(None);
        }
        let origins = rules.iter().map(|rule| toolbox.origin(&rule.from)).collect::<Result<_, _>>()?;
        let (grant, on_denied) = (grant.tools.clone(), grant.on_denied.tools);
        Ok(Some(Arc::new(Tools { grant, on_denied, walls, origins })))
    }

    /// Whether a person may be asked about a call that a component among them makes.
    pub(crate) fn may_ask(&self) -> bool {
        self.origins.iter().any(|origin| match origin {
            Origin::Server(_) => false,
            Origin::Component(component) => component.may_ask(),
        })
    }

    /// How deep calls go from here: 1 for servers, and for components that call nothing.
    pub(crate) fn depth(&self) -> usize {
        let deepest = self.origins.iter().map(|origin| match origin {
            Origin::Server(_) => 1,
            Origin::Component(component) => component.depth(),
        });
        deepest.max().unwrap_or(0)
    }

    fn rules(&self) -> impl Iterator<Item = (&ToolsRule, &Origin)> {
        self.grant.rules.iter().zip(&self.origins)
    }
}

impl Toolbox {
    fn origin(&self, from: &ToolSource) -> Result<Origin, Error> {
        let missing = || Error::NoTools { from: from.clone() };
        if let Some(stand_in) = self.stand_ins.get(from) {
            return Ok(Origin::Server(stand_in.clone()));
        }
        match from {
            ToolSource::Server(name) => self.servers.get(name).cloned().map(Origin::Server),
            ToolSource::Component(name) => self.components.get(name).cloned().map(Origin::Component),
        }
        .ok_or_else(missing)
    }
}

impl Origin {
    async fn list(&self) -> Result<Arc<[Tool]>, Unreadable> {
        match self {
            Origin::Server(server) => server.list().await,
            Origin::Component(component) => Ok(component.tools()),
        }
    }

    /// One of its tools; a server is told of one that it does not have.
    fn find(&self, tools: &[Tool], name: &str, arguments: &Arguments) -> Option<Tool> {
        let found = tools.iter().find(|tool| tool.name == name).cloned();
        if let (None, Origin::Server(server)) = (&found, self) {
            server.lacks(name, arguments.text());
        }
        found
    }
}

impl fmt::Debug for Tools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tools").field("grant", &self.grant).finish_non_exhaustive()
    }
}
