//! A list that grows at its end: full chunks are shared between clones, so that handing on ten
//! thousand messages copies some dozens of pointers.

use std::sync::Arc;

use super::elements;
use crate::event::Json;

/// Elements of a full chunk.
const CHUNK: usize = 256;

/// **Invariant:** every chunk of `full` has [`CHUNK`] elements, `last` has fewer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct List {
    full: Vec<Arc<[Json]>>,
    last: Vec<Json>,
}

impl List {
    /// The elements of a JSON array; none if it is something else.
    pub(super) fn read(json: &Json) -> Option<List> {
        let mut list = List::default();
        elements(json)?.into_iter().for_each(|element| list.push(element));
        Some(list)
    }

    pub(super) fn push(&mut self, element: Json) {
        self.last.push(element);
        if self.last.len() == CHUNK {
            self.full.push(std::mem::take(&mut self.last).into());
        }
    }

    pub(super) fn page(&self, offset: u64, limit: u32) -> Vec<Json> {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let (chunk, inside) = (offset / CHUNK, offset % CHUNK);
        let full = self.full.iter().skip(chunk).flat_map(|chunk| chunk.iter());
        let last = if chunk > self.full.len() { &[] } else { &self.last[..] };
        full.chain(last).skip(inside).take(limit as usize).cloned().collect()
    }

    /// The whole list as JSON text.
    pub(super) fn json(&self) -> Json {
        let all = self.full.iter().flat_map(|chunk| chunk.iter()).chain(&self.last);
        let texts: Vec<&str> = all.map(Json::as_str).collect();
        Json::trusted(format!("[{}]", texts.join(",")))
    }
}
