//! Components that are an attack by what they import, export or are made of; none of their functions does
//! anything.

use std::fmt::Write as _;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi};

/// The handler that fits.
pub const HANDLER: &str =
    "use events.{ping, pong}; export on-ping: func(event: ping) -> result<pong, failure>;";

/// A world with these items, beside events that it may use and an interface that no host knows.
pub fn world(events: &str, items: &str) -> String {
    format!(
        "package t:t;
        interface events {{ {events} record ping {{ n: u32 }} record pong {{ n: u32 }} }}
        interface teleport {{ go: func(); }}
        world guest {{
            use lockstep:step/types@0.1.0.{{failure}};
            {items}
        }}"
    )
}

/// A component of the one world in `wit`; it imports all that there is to import, and its functions trap
/// when they are called.
///
/// # Panics
/// If the text is no world.
pub fn component(wit: &str) -> Vec<u8> {
    let (resolve, world) = lockstep_toolchain::resolve(wit).unwrap_or_else(|error| panic!("{error}"));
    let mangling = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);
    let mut module = wit_component::dummy_module(&resolve, world, mangling);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .unwrap_or_else(|error| panic!("{error:#}"));
    let encoder = ComponentEncoder::default().module(&module).unwrap_or_else(|error| panic!("{error:#}"));
    encoder.validate(true).encode().unwrap_or_else(|error| panic!("{error:#}"))
}

/// A small component that is hard to compile: in each of its functions, so many loops around each other
/// carry so many variables, and the compiler meets every variable at every loop.
///
/// # Panics
/// Never: what it writes is WebAssembly text.
pub fn bomb(functions: usize, loops: usize, variables: usize) -> Vec<u8> {
    let mut body = format!("(param i32) (local{})", " i64".repeat(variables));
    body += &"(loop ".repeat(loops);
    for variable in 1..=variables {
        let next = variable % variables + 1;
        // Writing into a string cannot fail.
        let _ = write!(body, "(local.set {variable} (i64.add (local.get {variable}) (local.get {next})))");
    }
    body += &"(br_if 0 (local.get 0)))".repeat(loops);
    let text = format!("(component (core module {}))", format!("(func {body})").repeat(functions));
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}
