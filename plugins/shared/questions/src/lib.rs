//! What becomes of a question to documents: it is rewritten into words to look for, passages are found for it, and
//! it is answered from passages, with citations. The plugins `rag` and `strategies` put these together in two ways.

mod answer;
mod find;
mod rewrite;

pub use answer::{Answered, answer};
pub use find::{by_meaning, by_words, documents};
pub use rewrite::{Word, glossary, looked_for, rewrite};
