//! What a manifest of a registry must say to stand for one component, and what a signature of it is:
//! the artefact that `cosign sign --key` leaves beside it under the tag `sha256-….sig`.

use std::collections::BTreeMap;

use lockstep_core::blob::Digest;
use serde::Deserialize;

use super::kept::Kept;
use super::reference::Reference;
use super::registry::{self, LARGEST_MANIFEST, Registry, What};
use super::{Error as Outer, LARGEST_COMPONENT, LARGEST_SIGNATURE};
use crate::sign::Key;

/// The media types of a layer that is a component.
const COMPONENTS: [&str; 2] = ["application/wasm", "application/vnd.wasm.content.layer.v1+wasm"];
/// The media type of what cosign signs, and the annotation that carries its signature.
const SIGNED: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
/// More signatures of one component are not looked at.
const MOST_SIGNATURES: usize = 16;

/// Why a manifest does not stand for one component, or its component is not what it says.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Other bytes than those of the address.
    #[error("the registry gives another {what} than the one that is named: {found}; do not use it")]
    Altered {
        /// What was asked for.
        what: What,
        /// What the bytes are.
        found: Digest,
    },
    /// It is no manifest.
    #[error("what the registry gives is no manifest of one artefact; give the address of one component")]
    NoManifest,
    /// Not exactly one component.
    #[error(
        "its manifest lists {0} components, and a step is one; publish each as an artefact of its own, as \
         `application/wasm`"
    )]
    Components(usize),
    /// A layer whose digest is none that is known.
    #[error("its manifest names its component by `{0}`, which is not `sha256:` and 64 small hex digits")]
    Digest(String),
    /// The component is too large.
    #[error("its component has {0} bytes, and {LARGEST_COMPONENT} are the most")]
    Large(u64),
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

/// What cosign signs: that an image has this digest.
#[derive(Deserialize)]
struct Payload {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: Image,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

/// The manifest that a reference means now, by digest.
pub(super) fn digest(reference: &Reference) -> Result<Digest, Outer> {
    let mut registry = Registry::of(reference);
    manifest(reference, &mut registry, &Kept::default()).map(|(digest, _)| digest)
}

/// The one component of an artefact, and the digest of the artefact's manifest.
pub(super) fn fetch(reference: &Reference, kept: &Kept) -> Result<(Digest, Vec<u8>), Outer> {
    let mut registry = Registry::of(reference);
    let (digest, bytes) = manifest(reference, &mut registry, kept)?;
    let (layer, size) = component(&bytes).map_err(|error| altered(reference, error))?;
    if let Some(bytes) = kept.get(&layer, LARGEST_COMPONENT) {
        return Ok((digest, bytes));
    }
    let bytes = registry.blob(&layer, What::Component, size).map_err(|error| failed(reference, error))?;
    checked(&bytes, &layer, What::Component).map_err(|error| altered(reference, error))?;
    kept.put(&layer, &bytes);
    Ok((digest, bytes))
}

fn manifest(
    reference: &Reference,
    registry: &mut Registry<'_>,
    kept: &Kept,
) -> Result<(Digest, Vec<u8>), Outer> {
    let ask = |registry: &mut Registry<'_>, named: &str| {
        registry.manifest(named, What::Manifest).map_err(|error| failed(reference, error))
    };
    let Some(digest) = reference.digest else {
        let tag = reference.tag.as_deref().unwrap_or("latest");
        let bytes = ask(registry, tag)?;
        return Ok((Digest::of(&bytes), bytes));
    };
    if let Some(bytes) = kept.get(&digest, LARGEST_MANIFEST) {
        return Ok((digest, bytes));
    }
    let bytes = ask(registry, &digest.to_string())?;
    checked(&bytes, &digest, What::Manifest).map_err(|error| altered(reference, error))?;
    kept.put(&digest, &bytes);
    Ok((digest, bytes))
}

/// The digest and the size of the one component that a manifest lists.
fn component(manifest: &[u8]) -> Result<(Digest, u64), Error> {
    let manifest: Manifest = serde_json::from_slice(manifest).map_err(|_| Error::NoManifest)?;
    let is_component = |layer: &&Layer| COMPONENTS.contains(&layer.media_type.as_str());
    let components: Vec<&Layer> = manifest.layers.iter().filter(is_component).collect();
    let [layer] = components[..] else { return Err(Error::Components(components.len())) };
    let digest = layer.digest.parse().map_err(|_| Error::Digest(layer.digest.clone()))?;
    match layer.size > LARGEST_COMPONENT {
        true => Err(Error::Large(layer.size)),
        false => Ok((digest, layer.size)),
    }
}

fn checked(bytes: &[u8], digest: &Digest, what: What) -> Result<(), Error> {
    let found = Digest::of(bytes);
    if found == *digest { Ok(()) } else { Err(Error::Altered { what, found }) }
}

/// Whether one of the signatures beside an artefact is of this key.
pub(super) fn check_signature(reference: &Reference, manifest: &Digest, key: &Key) -> Result<(), Outer> {
    let mut registry = Registry::of(reference);
    let tag = format!("{}.sig", manifest.to_string().replace(':', "-"));
    let shown = || reference.pinned(*manifest).to_string();
    let listed = match registry.manifest(&tag, What::Signature) {
        Ok(bytes) => serde_json::from_slice::<Manifest>(&bytes).map_or(Vec::new(), |listed| listed.layers),
        Err(registry::Error::Missing(_)) => Vec::new(),
        Err(error) => return Err(failed(reference, error)),
    };
    if listed.is_empty() {
        let fix = "let whoever made it sign it with `cosign sign --key`".to_owned();
        return Err(Outer::Unsigned { shown: shown(), fix });
    }
    let is_good = |layer: &Layer| is_signature(layer, manifest, key, &mut registry);
    match listed.iter().take(MOST_SIGNATURES).any(is_good) {
        true => Ok(()),
        false => Err(Outer::Forged(shown())),
    }
}

/// Whether a layer is what the key's holder signed of this manifest.
fn is_signature(layer: &Layer, manifest: &Digest, key: &Key, registry: &mut Registry<'_>) -> bool {
    let (Some(signature), Ok(digest)) = (layer.annotations.get(SIGNATURE), layer.digest.parse::<Digest>())
    else {
        return false;
    };
    if layer.media_type != SIGNED {
        return false;
    }
    let Ok(payload) = registry.blob(&digest, What::Signature, LARGEST_SIGNATURE) else { return false };
    let said = serde_json::from_slice::<Payload>(&payload);
    key.signed(&payload, signature.as_bytes())
        && said.is_ok_and(|said| said.critical.image.digest == manifest.to_string())
}

fn failed(reference: &Reference, error: registry::Error) -> Outer {
    Outer::Registry { shown: reference.to_string(), error }
}

fn altered(reference: &Reference, error: Error) -> Outer {
    Outer::Artefact { shown: reference.to_string(), error }
}
