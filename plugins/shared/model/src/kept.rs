//! Vectors that are kept beside all runs, in the store `vectors` of the grant's `[[kv]]`: documents are sent to the
//! model once, and again when they have changed.

use lockstep_sdk::{Failure, warn};
use sha2::{Digest, Sha256};

use crate::Model;
use crate::bindings::wasi::keyvalue::store::{self, Bucket, Error};

/// So many texts are sent, and kept, together: what one value holds is bounded.
const TOGETHER: usize = 64;

/// The vectors of texts, in their order: those that were seen before from the store.
pub fn kept_vectors(model: &Model, texts: &[String]) -> Result<Vec<Vec<f32>>, Failure> {
    let bucket = store::open("vectors").map_err(failure)?;
    let mut vectors = Vec::new();
    for texts in texts.chunks(TOGETHER) {
        vectors.extend(together(model, texts, &bucket)?);
    }
    Ok(vectors)
}

fn together(model: &Model, texts: &[String], bucket: &Bucket) -> Result<Vec<Vec<f32>>, Failure> {
    let key = key(&model.embedding, texts);
    match bucket.get(&key).map_err(failure)? {
        Some(bytes) => Ok(read(&bytes, texts.len())),
        None => Ok(kept(model.vectors(texts)?, |bytes| bucket.set(&key, bytes))),
    }
}

/// Vectors that are there now, and later too if they can be kept: a store that is full costs a call of the model each
/// time, and no answer.
fn kept(vectors: Vec<Vec<f32>>, keep: impl FnOnce(&[u8]) -> Result<(), Error>) -> Vec<Vec<f32>> {
    if let Err(error) = keep(&written(&vectors)) {
        warn!("{} vectors are not kept, the model is asked for them again: {error}", vectors.len());
    }
    vectors
}

/// Other texts, or another model, have another key.
fn key(model: &str, texts: &[String]) -> String {
    let mut digest = Sha256::new();
    for text in std::iter::once(model).chain(texts.iter().map(String::as_str)) {
        digest.update((text.len() as u64).to_le_bytes());
        digest.update(text);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn written(vectors: &[Vec<f32>]) -> Vec<u8> {
    vectors.iter().flatten().flat_map(|part| part.to_le_bytes()).collect()
}

fn read(bytes: &[u8], count: usize) -> Vec<Vec<f32>> {
    let parts: Vec<f32> =
        bytes.chunks_exact(4).map(|part| f32::from_le_bytes([part[0], part[1], part[2], part[3]])).collect();
    parts.chunks((parts.len() / count.max(1)).max(1)).map(<[f32]>::to_vec).collect()
}

fn failure(error: Error) -> Failure {
    Failure::permanent("no-store", format!("the store of vectors cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_read_as_they_were_written() {
        let vectors = vec![vec![1.0, -2.5], vec![0.0, 3.25]];
        assert_eq!(read(&written(&vectors), 2), vectors);
    }

    #[test]
    fn vectors_that_cannot_be_kept_are_there_all_the_same() {
        let vectors = vec![vec![1.0], vec![2.0]];
        let full = |_: &[u8]| Err(Error::Other("the store is full".into()));
        assert_eq!(kept(vectors.clone(), full), vectors);
        let mut bytes = Vec::new();
        let keep = |written: &[u8]| {
            bytes = written.to_vec();
            Ok(())
        };
        assert_eq!(kept(vectors.clone(), keep), vectors);
        assert_eq!(read(&bytes, 2), vectors);
    }

    #[test]
    fn other_texts_and_other_models_have_other_keys() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let keys = [key("m", &texts(&["a", "b"])), key("m", &texts(&["ab"])), key("n", &texts(&["a", "b"]))];
        assert!(keys[0] != keys[1] && keys[0] != keys[2] && keys[0].len() == 64, "{keys:?}");
    }
}
