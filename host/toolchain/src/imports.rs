//! What a world imports and exports, as far as it is not the same to every language: the interfaces of the host that
//! the SDKs have a part for, and what a step in some language cannot have.

use wit_parser::{InterfaceId, Resolve, WorldId, WorldItem};

use crate::{Error, Source, Use, World};

/// The interfaces of `lockstep:step` that every SDK has a part for.
pub(crate) fn parts() -> impl Iterator<Item = &'static str> {
    std::iter::once("log").chain(Use::ALL.map(Use::as_str))
}

/// The name of an interface of the host's own package: `state`; none for any other.
pub(crate) fn of_lockstep(resolve: &Resolve, interface: InterfaceId) -> Option<&str> {
    let interface = &resolve.interfaces[interface];
    let package = &resolve.packages[interface.package?].name;
    let is_own = package.namespace == "lockstep" && package.name == "step";
    interface.name.as_deref().filter(|_| is_own)
}

/// Whether a world imports an interface of `lockstep:step`: `log`.
pub(crate) fn imports(resolve: &Resolve, world: WorldId, interface: &str) -> bool {
    resolve.worlds[world].imports.values().any(|item| match item {
        WorldItem::Interface { id, .. } => of_lockstep(resolve, *id) == Some(interface),
        _ => false,
    })
}

impl World {
    /// Whether it imports an interface of `lockstep:step`: `log`.
    pub(crate) fn imports(&self, interface: &str) -> bool {
        imports(&self.resolve, self.id, interface)
    }

    /// What an author is told who uses the part of the SDK for an interface that it does not import.
    pub(crate) fn lacks(&self, interface: &str) -> String {
        format!(
            "world `{}` does not import `lockstep:step/{interface}`; add `import lockstep:step/{interface}@0.1.0;` \
             to it",
            self.name()
        )
    }

    /// A function or an interface with functions that it imports and no part of an SDK calls.
    fn stranger(&self) -> Option<String> {
        let is_strange = |item: &WorldItem| match item {
            WorldItem::Interface { id, .. } => {
                let part = of_lockstep(&self.resolve, *id);
                let is_known = part.is_some_and(|name| parts().any(|part| part == name));
                !is_known && !self.resolve.interfaces[*id].functions.is_empty()
            }
            WorldItem::Function(_) => true,
            WorldItem::Type { .. } => false,
        };
        let mut imports = self.resolve.worlds[self.id].imports.iter();
        let (key, _) = imports.find(|(_, item)| is_strange(item))?;
        Some(self.resolve.name_world_key(key))
    }

    /// For a language whose steps can call the SDK alone.
    pub(crate) fn refuse_strangers(&self, source: &Source) -> Result<(), Error> {
        let Some(stranger) = self.stranger() else { return Ok(()) };
        let (world, language) = (self.name(), source.language.title());
        let why = format!(
            "world `{world}` imports `{stranger}`, which a step in {language} cannot call; what it can call is \
             lockstep:step's log, run, state, http, tools, updates, timer and blob"
        );
        Err(Error::Wit { step: source.name.clone(), why })
    }

    /// For a language whose steps have handlers alone.
    pub(crate) fn refuse_exports(&self, source: &Source) -> Result<(), Error> {
        let mut exports = self.resolve.worlds[self.id].exports.iter();
        match exports.find(|(_, item)| !matches!(item, WorldItem::Function(_))) {
            None => Ok(()),
            Some((key, _)) => {
                let (world, other) = (self.name(), self.resolve.name_world_key(key));
                let language = source.language.title();
                let why =
                    format!("world `{world}` exports `{other}`; a step in {language} exports handlers alone");
                Err(Error::Wit { step: source.name.clone(), why })
            }
        }
    }
}
