//! The contract of a component: what it consumes, emits and imports, read from its bytes alone.

mod alone;
mod classes;
mod nested;
mod read;
mod refusal;

#[cfg(test)]
mod tests;

pub use alone::Alone;
pub use refusal::{Refusal, sniff};

use std::collections::BTreeMap;
use std::fmt;

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
    /// Whether this host can give it.
    pub support: Support,
}

/// Whether this host can give an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// It can.
    Now,
    /// It is part of the design and not yet supported.
    Later,
    /// It knows no such interface.
    Never,
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

impl Class {
    /// The word that reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Types => "types",
            Class::Inert => "inert",
            Class::Free => "free",
            Class::Granted => "granted",
            Class::Unknown => "unknown",
        }
    }
}

impl Emits {
    /// The event types it names, in order.
    pub fn events(&self) -> Vec<&TypeName> {
        match self {
            Emits::Nothing => Vec::new(),
            Emits::Event(event) => vec![event],
            Emits::Variant(cases) => cases.iter().map(|(_, event)| event).collect(),
            Emits::Option(inner) | Emits::List(inner) => inner.events(),
        }
    }

    /// Whether it holds a list: then each success opens a scope, if a join is bound to it.
    pub fn is_opener(&self) -> bool {
        match self {
            Emits::List(_) => true,
            Emits::Option(inner) => inner.is_opener(),
            Emits::Nothing | Emits::Event(_) | Emits::Variant(_) => false,
        }
    }
}

impl Pattern {
    /// Its parameters, in order.
    pub fn params(&self) -> Vec<&Param> {
        match self {
            Pattern::Each(event) | Pattern::Gather(event) => vec![event],
            Pattern::Pair(left, right) => vec![left, right],
            Pattern::GatherWith { with, all } => vec![with, all],
        }
    }
}

/// `a`, `a + b`, `list<a>`, `a + list<b>`.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Each(event) => write!(f, "{}", event.event.name),
            Pattern::Pair(left, right) => write!(f, "{} + {}", left.event.name, right.event.name),
            Pattern::Gather(all) => write!(f, "list<{}>", all.event.name),
            Pattern::GatherWith { with, all } => write!(f, "{} + list<{}>", with.event.name, all.event.name),
        }
    }
}

/// `nothing`, `a`, `a | b`, `list<a | b>`.
impl fmt::Display for Emits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Emits::Nothing => f.write_str("nothing"),
            Emits::Event(event) => f.write_str(&event.name),
            Emits::Variant(cases) => f.write_str(
                &cases.iter().map(|(_, event)| event.name.as_str()).collect::<Vec<_>>().join(" | "),
            ),
            Emits::Option(inner) => write!(f, "option<{inner}>"),
            Emits::List(inner) => write!(f, "list<{inner}>"),
        }
    }
}
