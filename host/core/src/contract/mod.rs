//! The contract of a component: what it consumes, emits and imports, read from its bytes alone.

use std::collections::BTreeMap;

use crate::event::TypeName;
use crate::shape::Shape;

/// What a component says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Contract {
    /// Its `on-…` exports, by name.
    pub handlers: Vec<Handler>,
    /// The shape of every event type that a handler takes or gives.
    pub events: BTreeMap<TypeName, Shape>,
    /// Every interface it imports.
    pub imports: Vec<Import>,
    /// Exports that toolchains added: never called.
    pub ignored: Vec<String>,
}

/// One exported function that consumes events.
#[derive(Clone, Debug, PartialEq)]
pub struct Handler {
    /// `on-refund-requested`.
    pub name: String,
    /// The join pattern that its parameters spell.
    pub takes: Pattern,
    /// What its result may carry.
    pub gives: Emits,
}

/// A parameter: its name and the event type it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// As the handler names it.
    pub name: String,
    /// The event type.
    pub event: TypeName,
}

/// The join pattern of a handler, as its parameters spell it.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// `event: a`: once for each.
    Each(Param),
    /// `x: a, y: b`: once for each pair.
    Pair(Param, Param),
    /// `all: list<a>`: once per scope, with all of it.
    Gather(Param),
    /// `q: a, all: list<b>`: a gather together with one more event.
    GatherWith {
        /// The single event.
        with: Param,
        /// The gathered ones.
        all: Param,
    },
}

/// What the success side of a handler's result may carry.
#[derive(Clone, Debug, PartialEq)]
pub enum Emits {
    /// `_`
    Nothing,
    /// One event record.
    Event(TypeName),
    /// A variant whose cases each carry one event record.
    Variant(Vec<(String, TypeName)>),
    /// `option<…>` of one of these.
    Option(Box<Emits>),
    /// `list<…>` of one of these: such a handler is an opener.
    List(Box<Emits>),
}

/// An imported interface.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// `wasi:http/outgoing-handler@0.2.6`.
    pub name: String,
    /// What the host does about it.
    pub class: Class,
}

/// The classes of imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Only types are used: no capability.
    Types,
    /// What toolchains drag in; linked, and reaches nothing.
    Inert,
    /// Real and bounded, for every step.
    Free,
    /// Only if the grant holds its table.
    Granted,
    /// Not known to the host.
    Unknown,
}
