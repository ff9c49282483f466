//! Which folders a workspace takes for its crates, as cargo reads its `members` and `exclude`.

use std::path::Path;

use toml_edit::Item;

/// The table `workspace` of a manifest.
pub(super) struct Members<'d>(pub(super) Option<&'d Item>);

impl Members<'_> {
    /// Whether the folder is one of the members, by its path or by a pattern.
    pub(super) fn cover(&self, folder: &Path) -> bool {
        let folder = folder.display().to_string();
        self.list("members").any(|pattern| matches(pattern, &folder))
    }

    /// Whether the folder lies in one that is excluded, and in none that is named as a member.
    pub(super) fn leave_out(&self, folder: &Path) -> bool {
        let lies_in = |one: &str| folder.starts_with(one.trim_start_matches("./"));
        self.list("exclude").any(lies_in) && !self.list("members").any(lies_in)
    }

    fn list(&self, key: &str) -> impl Iterator<Item = &str> {
        let list = self.0.and_then(|workspace| workspace.get(key)?.as_array());
        list.into_iter().flatten().filter_map(|one| one.as_str())
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let (patterns, names) =
        (pattern.trim_start_matches("./").trim_end_matches('/').split('/'), path.split('/'));
    patterns.clone().count() == names.clone().count()
        && patterns.zip(names).all(|(one, name)| is_like(one, name))
}

/// `*` stands for any text, and `?` for one character.
fn is_like(pattern: &str, name: &str) -> bool {
    let mut rest = name.chars();
    match pattern.chars().next() {
        None => name.is_empty(),
        Some('*') => {
            let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            ends.into_iter().any(|at| is_like(&pattern[1..], &name[at..]))
        }
        Some(first) => {
            let found = rest.next();
            found.is_some_and(|found| first == '?' || found == first)
                && is_like(&pattern[first.len_utf8()..], rest.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(workspace: &str, folder: &str) -> (bool, bool) {
        let document: toml_edit::DocumentMut = format!("[workspace]\n{workspace}").parse().unwrap();
        let members = Members(document.get("workspace"));
        (members.cover(Path::new(folder)), members.leave_out(Path::new(folder)))
    }

    #[test]
    fn folders_are_members_and_left_out_as_cargo_has_it() {
        let patterns = "members = [\"*/steps/*\", \"a-?\"]\nexclude = [\"rag/steps/tea\", \"sdk\"]\n";
        assert_eq!(told(patterns, "rag/steps/rerank"), (true, false));
        assert_eq!(told(patterns, "rag/steps/tea"), (true, true));
        assert_eq!(told(patterns, "rag/steps"), (false, false));
        assert_eq!(told(patterns, "a-b"), (true, false));
        assert_eq!(told(patterns, "sdk/rust"), (false, true));
        assert_eq!(told("members = [\"./steps/a/\"]\nexclude = [\"steps\"]\n", "steps/a"), (true, false));
        assert_eq!(told("", "steps/a"), (false, false));
    }
}
