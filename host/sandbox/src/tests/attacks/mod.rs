//! Attacks that the sandbox survives: the attempt ends with its reason, and others go on. Where a wall is
//! what stops an attack, it is shown that the attack gets through without it.

mod load;
mod resources;
mod state;
