//! Core module to component, in this process.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

use crate::{Error, World};

/// The WASI of preview 1, by which older toolchains speak, over the one of components.
const ADAPTER: (&str, &[u8]) = (
    wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
    wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
);

/// The component of a core module that carries its own world.
pub(crate) fn encode(package: &str, module: &[u8]) -> Result<Vec<u8>, Error> {
    finish(package, ComponentEncoder::default().validate(true).module(module))
}

/// The component of a core module that may import the WASI of preview 1.
pub(crate) fn encode_with_wasi(package: &str, module: &[u8]) -> Result<Vec<u8>, Error> {
    let (name, adapter) = ADAPTER;
    let encoder = ComponentEncoder::default().validate(true).module(module);
    finish(package, encoder.and_then(|encoder| encoder.adapter(name, adapter)))
}

/// A core module that says of which world it is.
pub(crate) fn with_world(world: &World, package: &str, mut module: Vec<u8>) -> Result<Vec<u8>, Error> {
    let embedded = embed_component_metadata(&mut module, &world.resolve, world.id, StringEncoding::UTF8);
    embedded
        .map(|()| module)
        .map_err(|why| Error::Component { package: package.to_owned(), why: format!("{why:#}") })
}

fn finish<E: std::fmt::Display>(
    package: &str,
    encoder: Result<ComponentEncoder, E>,
) -> Result<Vec<u8>, Error> {
    let fail = |why: String| Error::Component { package: package.to_owned(), why };
    let mut encoder = encoder.map_err(|why| fail(format!("{why:#}")))?;
    encoder.encode().map_err(|why| fail(format!("{why:#}")))
}
