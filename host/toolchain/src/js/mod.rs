//! TypeScript and JavaScript: esbuild bundles the author's modules with the glue around each handler, tsc checks
//! TypeScript against what the world says, and the bundle runs in QuickJS within the component.
//!
//! `gen/` holds what follows from the world: classes of events (`events.js`), the
//! SDK (`lockstep.js`, `lockstep/`), the shapes of all values (`world.js`), and the glue (`component.js`). All of it is
//! plain JavaScript with declarations beside it, so the same handlers run in plain Node: there `#host` is a stand-in.

mod build;
mod declare;
mod driver;
mod generate;
mod model;
mod names;
mod packages;
mod shapes;
mod starter;
mod told;

#[cfg(test)]
mod tests;

pub(crate) use build::build;
pub(crate) use generate::generate;
pub(crate) use starter::starter;
