//! Components from text alone: WIT for the world, WebAssembly text for the code. Benchmarks and
//! tests are made so, since they need no compiler for it.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};

use crate::Error;

/// The host's own WIT package, file by file.
pub const STEP_WIT: [(&str, &str); 12] = [
    ("types.wit", include_str!("../../../wit/lockstep-step/types.wit")),
    ("log.wit", include_str!("../../../wit/lockstep-step/log.wit")),
    ("run.wit", include_str!("../../../wit/lockstep-step/run.wit")),
    ("timer.wit", include_str!("../../../wit/lockstep-step/timer.wit")),
    ("blob.wit", include_str!("../../../wit/lockstep-step/blob.wit")),
    ("state.wit", include_str!("../../../wit/lockstep-step/state.wit")),
    ("updates.wit", include_str!("../../../wit/lockstep-step/updates.wit")),
    ("http.wit", include_str!("../../../wit/lockstep-step/http.wit")),
    ("tools.wit", include_str!("../../../wit/lockstep-step/tools.wit")),
    ("tool.wit", include_str!("../../../wit/lockstep-step/tool.wit")),
    ("host-events.wit", include_str!("../../../wit/lockstep-step/host-events.wit")),
    ("imports.wit", include_str!("../../../wit/lockstep-step/imports.wit")),
];

/// A component of the one world in `wit`, with the core module in `wat` behind it. The world may
/// use [`STEP_WIT`]; the module follows the canonical ABI by hand.
pub fn from_text(wit: &str, wat: &str) -> Result<Vec<u8>, Error> {
    let fail = |why: String| Error::Component { package: "text".into(), why };
    let (resolve, world) = resolve(wit)?;
    let mut module = wat::parse_str(wat).map_err(|why| fail(why.to_string()))?;
    let embedded = embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8);
    let encoder = embedded.and_then(|()| ComponentEncoder::default().validate(true).module(&module));
    encoder.and_then(|mut encoder| encoder.encode()).map_err(|why| fail(format!("{why:#}")))
}

/// The one world of a text, beside the host's own package.
pub fn resolve(wit: &str) -> Result<(Resolve, WorldId), Error> {
    let mut resolve = Resolve::default();
    let step: String = STEP_WIT.iter().map(|(_, text)| *text).collect();
    let world = resolve
        .push_str("lockstep-step.wit", &step)
        .and_then(|_| resolve.push_str("world.wit", wit))
        .and_then(|package| resolve.select_world(&[package], None));
    match world {
        Ok(world) => Ok((resolve, world)),
        Err(why) => Err(Error::Component { package: "text".into(), why: format!("{why:#}") }),
    }
}
