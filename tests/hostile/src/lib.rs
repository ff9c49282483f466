//! The guests that attack the host, as WebAssembly text beside this crate: one story for the sandbox's
//! tests and for `lockstep attack`. The name of a guest goes in, a component comes out, made without a
//! compiler for steps; and what a guest says of its deeds comes out as words. It knows nothing of the
//! host.

pub mod fetch;
pub mod fickle;
pub mod reach;
pub mod sockets;
pub mod stores;
pub mod tools;
pub mod words;
pub mod worlds;

const GUEST: &str = include_str!("../guest.wit");

/// The guests of the world `guest.wit`, by the names of their files: each takes a number, which says how
/// much of its deed it does.
const GUESTS: [(&str, &str); 17] = [
    ("copies", include_str!("../copies.wat")),
    ("fill", include_str!("../fill.wat")),
    ("flood", include_str!("../flood.wat")),
    ("grow", include_str!("../grow.wat")),
    ("handles", include_str!("../handles.wat")),
    ("hoard", include_str!("../hoard.wat")),
    ("large", include_str!("../large.wat")),
    ("memories", include_str!("../memories.wat")),
    ("recurse", include_str!("../recurse.wat")),
    ("shout", include_str!("../shout.wat")),
    ("sleep", include_str!("../sleep.wat")),
    ("spin", include_str!("../spin.wat")),
    ("start", include_str!("../start.wat")),
    ("static", include_str!("../static.wat")),
    ("stdout", include_str!("../stdout.wat")),
    ("table", include_str!("../table.wat")),
    ("undo", include_str!("../undo.wat")),
];

/// A guest of the world `guest.wit`.
///
/// # Panics
/// If there is no such guest.
pub fn component(guest: &str) -> Vec<u8> {
    let found = GUESTS.iter().find(|(name, _)| *name == guest);
    let (_, wat) = found.unwrap_or_else(|| panic!("there is no guest {guest}"));
    made_of(GUEST, wat)
}

/// What these guests are made of stands beside this crate, so it is whole.
fn made_of(wit: &str, wat: &str) -> Vec<u8> {
    lockstep_toolchain::from_text(wit, wat).unwrap_or_else(|error| panic!("{error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guest_is_a_component() {
        let named = GUESTS.iter().map(|(name, _)| component(name));
        let others = [
            fetch::component(),
            fickle::component(),
            tools::caller(),
            tools::tool(),
            tools::nested(),
            fetch::leak(),
            reach::component(),
            sockets::component(),
            stores::component(),
            words::component(),
        ];
        assert!(named.chain(others).all(|bytes| bytes.starts_with(b"\0asm")));
    }
}
