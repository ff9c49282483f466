//! Tools through whole runs: what is allowed, denied, decided by people, and what becomes of calls when a host
//! is killed, a guest lies, or a server does what it should not.

pub(crate) mod desk;

mod components;
mod deciding;
mod denied;
mod killed;
mod servers;
