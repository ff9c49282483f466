//! The state of the run: JSON values by key, shared by all steps of the run. Needs `[state]` in the
//! step's grant.
//!
//! ```no_run
//! use lockstep_sdk::state;
//!
//! let seen: u32 = state::get("seen/o-17").map_or(Ok(0), |json| json.parse())?;
//! state::set("seen/o-17", (seen + 1).to_string());
//! state::add("refunds", 1);
//! state::append("history", r#"{"order": "o-17"}"#);
//! for entry in state::elements("history") {
//!     lockstep_sdk::info!("{entry}");
//! }
//! # Ok::<(), std::num::ParseIntError>(())
//! ```
//!
//! A handler sees what was there when its attempt began and what it has written itself. Its writes
//! are kept only if it succeeds, all at once. Where another attempt changes something that this one
//! has read, this one begins anew, which costs no attempt; [`add`] and [`append`] read nothing and so
//! never get in each other's way.
//!
//! A key is 1 to 512 bytes of text, a value at most 1 MiB of JSON. One attempt writes at most 100,000
//! times and 16 MiB. A call beyond a bound, or with something that is not JSON, ends the attempt: it
//! does not return.

use crate::Json;
use crate::host::lockstep::step::state as host;

/// The most elements that [`page`] answers.
const LONGEST_PAGE: u32 = 1000;

/// The value of a key, at most 16 MiB of it; [`elements`] reads a longer list.
pub fn get(key: &str) -> Option<Json> {
    host::get(key)
}

/// The key has this value from now on.
pub fn set(key: &str, value: impl AsRef<str>) {
    host::set(key, value.as_ref());
}

/// The key is not there any more; one that is not there is no error.
pub fn delete(key: &str) {
    host::delete(key);
}

/// The keys that begin with `prefix`, in order, at most 10,000; the empty prefix is every key's.
pub fn keys(prefix: &str) -> Vec<String> {
    host::keys(prefix)
}

/// The whole number that the key holds grows by so much; a key that is not there holds 0.
pub fn add(key: &str, by: i64) {
    host::add(key, by);
}

/// The list that the key holds has one more element; a key that is not there holds an empty one.
pub fn append(key: &str, value: impl AsRef<str>) {
    host::append(key, value.as_ref());
}

/// The elements of a list from `offset` on: at most `limit`, at most 1,000 and about 1 MiB of them,
/// but at least one as long as there is one.
pub fn page(key: &str, offset: u64, limit: u32) -> Vec<Json> {
    host::page(key, offset, limit)
}

/// All elements of the list that the key holds, read page by page as they are asked for.
pub fn elements(key: &str) -> impl Iterator<Item = Json> {
    paged(|offset| page(key, offset, LONGEST_PAGE))
}

/// The elements of all pages up to the first empty one.
fn paged(mut page: impl FnMut(u64) -> Vec<Json>) -> impl Iterator<Item = Json> {
    let mut offset = 0;
    let pages = std::iter::from_fn(move || {
        let page = page(offset);
        offset += page.len() as u64;
        (!page.is_empty()).then_some(page)
    });
    pages.flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_any_length_make_one_list() {
        let list: Vec<Json> = (0..10).map(|n| n.to_string()).collect();
        for longest in [1, 3, 10, 11] {
            let page = |offset| list.iter().skip(offset as usize).take(longest).cloned().collect();
            assert_eq!(paged(page).collect::<Vec<_>>(), list, "{longest}");
        }
    }
}
