//! Servers of tools as the host sees them: the reference ones, and one that does what it should not.
//! Real processes and real sockets. Where a server dies, what is waited for is its death, never a time.

mod http;
mod process;
mod reference;
mod support;
mod tls;
