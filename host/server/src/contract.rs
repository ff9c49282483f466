//! A contract as others read it: as JSON with a JSON Schema for every event, and as the digests that
//! stand for parts of it in grants and in the lock.

use lockstep_core::blob::Digest;
use lockstep_core::contract::{Class, Contract, Import, Support};
use serde_json::{Map, Value, json};

/// Its handlers.
pub(crate) fn handlers(contract: &Contract) -> Value {
    let each = contract.handlers.iter().map(|handler| {
        let takes: Vec<_> = handler.takes.params().iter().map(|param| param.event.to_string()).collect();
        let gives: Vec<_> = handler.gives.events().iter().map(|event| event.to_string()).collect();
        json!({
            "name": handler.name,
            "pattern": handler.takes.to_string(),
            "takes": takes,
            "emits": gives,
            "opener": handler.gives.is_opener(),
        })
    });
    each.collect::<Vec<_>>().into()
}

/// Its events, a JSON Schema each.
pub(crate) fn events(contract: &Contract) -> Value {
    let each = contract.events.iter().map(|(name, shape)| (name.to_string(), shape.schema(&name.name)));
    each.collect::<Map<_, _>>().into()
}

/// Its imports.
pub(crate) fn imports(contract: &Contract) -> Value {
    let each = contract.imports.iter().map(|import| {
        json!({ "name": import.name, "class": import.class.as_str(), "supported": import.support == Support::Now })
    });
    each.collect::<Vec<_>>().into()
}

/// What it asks for: the imports that need a grant, in order.
pub(crate) fn asked(contract: &Contract) -> Vec<&Import> {
    let mut asked: Vec<_> = contract.imports.iter().filter(|import| import.class == Class::Granted).collect();
    asked.sort_by(|one, other| one.name.cmp(&other.name));
    asked
}

/// What stands for all that it asks for: the sha256 of the names of those imports, a line each.
pub(crate) fn asks(contract: &Contract) -> Digest {
    let lines: String = asked(contract).iter().map(|import| format!("{}\n", import.name)).collect();
    Digest::of(lines.as_bytes())
}

/// What stands for its handlers and their events.
pub(crate) fn digest(contract: &Contract) -> Digest {
    let all = json!({ "handlers": handlers(contract), "events": events(contract) });
    Digest::of(all.to_string().as_bytes())
}
