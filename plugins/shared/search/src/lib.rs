//! Search in a folder of documents: documents are cut into passages, and passages ranked by their words (BM25),
//! by the vectors that a model has for them, or by several such lists at once. It calls no model and knows no
//! workflow; the folder is the one that the step's grant shows it.

mod folder;
mod passages;
mod rank;
mod words;

pub use folder::read;
pub use passages::{Passage, passages};
pub use rank::{by_vectors, by_words, fused};
pub use words::{plain_words, words};
