//! `lockstep:step/tools`: what a step calls of servers and components. Everything is decided in `tools`; here
//! a guest's words become its words.

use std::sync::Arc;

use lockstep_core::effect;
use lockstep_core::outcome::Class;

use super::bindings::lockstep::step::tools;
use super::bindings::lockstep::step::types::Denial;
use crate::attempt::Guest;
use crate::fault::Ended;
use crate::tools::{CallError, NoResult, Session};

/// The calls of an attempt; none without rules, and then the interface is not linked.
pub(crate) struct Tools(Option<Arc<Session>>);

impl Tools {
    pub(crate) fn new(session: Option<Session>) -> Tools {
        Tools(session.map(Arc::new))
    }

    fn session(&self) -> Result<Arc<Session>, Ended> {
        let unlinked = || Ended::failed(Class::Host, "tools", "it calls what its grant does not give");
        self.0.clone().ok_or_else(unlinked)
    }
}

impl tools::Host for Guest {
    async fn list(&mut self) -> wasmtime::Result<Vec<tools::Tool>> {
        let session = self.tools.session()?;
        let listed = session.list().await;
        self.cpu.charge(session.spent());
        let listed = listed?;
        let told = listed.into_iter().map(|tool| tools::Tool {
            name: tool.name,
            description: tool.description,
            input_schema: tool.schema.to_string(),
        });
        Ok(told.collect())
    }

    async fn call(
        &mut self,
        name: String,
        arguments: String,
    ) -> wasmtime::Result<Result<String, tools::Error>> {
        let session = self.tools.session()?;
        let called = session.call(&self.identity, &name, &arguments).await;
        self.cpu.charge(session.spent());
        match called {
            Ok(result) => {
                self.hold(result.as_str().len())?;
                Ok(Ok(result.as_str().to_owned()))
            }
            Err(NoResult::Told(error)) => Ok(Err(told(error))),
            Err(NoResult::Ended(ended)) => Err(ended.into()),
        }
    }
}

fn told(error: CallError) -> tools::Error {
    match error {
        CallError::Denied(effect::Denial { capability, what, why, .. }) => tools::Error::Denied(Denial {
            capability: capability.to_string(),
            what: what.to_string(),
            why: why.to_string(),
        }),
        CallError::Refused(reason) => tools::Error::Refused(reason),
        CallError::Invalid(why) => tools::Error::InvalidArguments(why),
        CallError::Failed(why) => tools::Error::Failed(why),
        CallError::Timeout => tools::Error::Timeout,
        CallError::TooLarge => tools::Error::TooLarge,
        CallError::Unavailable(why) => tools::Error::Unavailable(why),
    }
}
