//! Core module to component, in this process.

use wit_component::ComponentEncoder;

use crate::Error;

/// The component of a core module that carries its own world.
pub(crate) fn encode(package: &str, module: &[u8]) -> Result<Vec<u8>, Error> {
    let encoder = ComponentEncoder::default().validate(true).module(module);
    let encoded = encoder.and_then(|mut encoder| encoder.encode());
    encoded.map_err(|why| Error::Component { package: package.to_owned(), why: format!("{why:#}") })
}
