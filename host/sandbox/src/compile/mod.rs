//! From the bytes of a component to machine code. What was built here is compiled in this process; what
//! comes from elsewhere in a child process with a budget, since a small component can take a compiler
//! minutes and gigabytes. Nothing that runs is touched by a compilation that fails.

mod child;
mod inside;

pub use child::ChildCompiler;
pub use inside::serve;

use wasmtime::Engine;

use crate::engine::Fuel;
use crate::{Error, Walls};

/// The bytes of a component, and where they are from. Bytes alone are from here.
#[derive(Clone, Copy, Debug)]
pub struct Source<'b> {
    /// The component.
    pub bytes: &'b [u8],
    /// Where it is from.
    pub origin: Origin,
}

/// Where a component is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was built here, from source that its users have.
    Here,
    /// It was built by somebody else: what it does to a compiler is not known.
    Elsewhere,
}

/// Where components from elsewhere are compiled.
#[derive(Clone, Debug, Default)]
pub enum Compiler {
    /// In this process like all others, without a budget: for whoever trusts every component.
    #[default]
    InProcess,
    /// In a child process.
    Child(ChildCompiler),
}

impl<'b> Source<'b> {
    /// A component that somebody else has built.
    pub fn elsewhere(bytes: &'b [u8]) -> Source<'b> {
        Source { bytes, origin: Origin::Elsewhere }
    }
}

impl<'b, T: AsRef<[u8]> + ?Sized> From<&'b T> for Source<'b> {
    fn from(bytes: &'b T) -> Source<'b> {
        Source { bytes: bytes.as_ref(), origin: Origin::Here }
    }
}

impl Compiler {
    /// The machine code of a component for an engine.
    pub(crate) fn compile(
        &self,
        source: Source<'_>,
        engine: &Engine,
        fuel: Fuel,
        walls: Walls,
    ) -> Result<Vec<u8>, Error> {
        match (self, source.origin) {
            (Compiler::Child(child), Origin::Elsewhere) => child.compile(source.bytes, engine, fuel, walls),
            _ => engine
                .precompile_component(source.bytes)
                .map_err(|error| Error::Compile(format!("{error:#}"))),
        }
    }
}
