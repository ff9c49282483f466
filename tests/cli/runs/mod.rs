//! `lockstep runs`, command by command.

mod effects;
mod forks;
mod looking;
mod orders;
mod purging;
mod refused;
