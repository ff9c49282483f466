//! `lockstep:step/tool`: what a component exports that is a tool, called by the host.

use wasmtime::Store;
use wasmtime::component::InstancePre;

use super::tool_bindings::ToolComponentPre;
pub(crate) use super::tool_bindings::exports::lockstep::step::tool::Description as Described;
use crate::attempt::Guest;
use crate::{Error, ToolCall};

/// The two functions of a tool, found in its component.
pub(crate) struct Exports(ToolComponentPre<Guest>);

impl Exports {
    pub(crate) fn of(pre: &InstancePre<Guest>) -> Result<Exports, Error> {
        ToolComponentPre::new(pre.clone()).map(Exports).map_err(|error| Error::NoTool(format!("{error:#}")))
    }

    /// The tools that it has.
    pub(crate) async fn describe(&self, store: &mut Store<Guest>) -> wasmtime::Result<Vec<Described>> {
        let instance = self.0.instantiate_async(&mut *store).await?;
        instance.lockstep_step_tool().call_describe(store).await
    }

    /// Calls one: its result as text, or what it says went wrong.
    pub(crate) async fn call(
        &self,
        store: &mut Store<Guest>,
        call: &ToolCall,
    ) -> wasmtime::Result<Result<String, String>> {
        let instance = self.0.instantiate_async(&mut *store).await?;
        let tool = instance.lockstep_step_tool();
        let called = tool.call_call(store, &call.name, &call.arguments.as_str().to_owned()).await?;
        Ok(called.map_err(|failure| format!("{}: {}", failure.code, failure.message)))
    }
}
