//! `lockstep runs`, command by command.

mod forks;
mod looking;
mod orders;
mod purging;
mod refused;
