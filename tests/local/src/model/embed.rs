//! Texts as vectors. Each group of three letters of each word is added at a place that its hash names, with a sign
//! that it names too; so texts with the same or similar words point in similar directions. It is no model of
//! language: words that mean the same and are written differently are as far apart as any others.

use super::words;

/// How long a vector is.
pub(super) const DIMENSIONS: usize = 512;

/// The vector of a text, of length 1, or of zeros where the text says nothing.
pub(super) fn vector(text: &str) -> Vec<f64> {
    let mut vector = vec![0.0; DIMENSIONS];
    for group in words::all(text).flat_map(|word| words::trigrams(&word)) {
        let hash = hash(&group);
        vector[hash as usize % DIMENSIONS] += if hash >> 63 == 0 { 1.0 } else { -1.0 };
    }
    let length = vector.iter().map(|part| part * part).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    // Four digits are as exact as this is, and half as long to send.
    vector.iter().map(|part| (part / length * 1e4).round() / 1e4).collect()
}

/// FNV-1a, with its bits mixed once more: the same on every machine and in every version, which the hash of the
/// standard library does not promise.
fn hash(group: &[char; 3]) -> u64 {
    let bytes = group.iter().flat_map(|letter| u32::from(*letter).to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}
