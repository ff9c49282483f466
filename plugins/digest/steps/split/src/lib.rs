//! Opens a branch for each document: what is returned as a list goes on side by side. Names tell documents apart in
//! the index, so a collection in which two have the same one is refused before anything is done.

use std::collections::BTreeSet;

use lockstep_sdk::{Failure, step};

#[step(world = "split", wit = "../../wit")]
fn on_collection(event: Collection) -> Result<Vec<Document>, Failure> {
    let mut names = BTreeSet::new();
    match event.documents.iter().find(|document| !names.insert(document.name.as_str())) {
        Some(Document { name, .. }) => {
            Err(Failure::permanent("same-name", format!("two documents are called `{name}`")))
        }
        None => Ok(event.documents),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(names: &[&str]) -> Result<Vec<Document>, Failure> {
        let document = |name: &&str| Document { name: (*name).into(), text: "Tea.".into() };
        on_collection(Collection { name: "c".into(), documents: names.iter().map(document).collect() })
    }

    #[test]
    fn documents_are_told_apart_by_their_names() {
        assert_eq!(split(&["a.md", "A.md", "b.md"]).unwrap().len(), 3);
        assert_eq!(split(&["a.md", "b.md", "a.md"]).unwrap_err().message, "two documents are called `a.md`");
        assert_eq!(split(&[]).unwrap().len(), 0);
    }
}
