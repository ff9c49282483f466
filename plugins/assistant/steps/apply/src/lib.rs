//! Makes each change that a person agrees to. The grant wants a person for every call, so the attempt ends at
//! one and is made again when the person has decided; what was called before is not called again.

use lockstep_sdk::{Failure, Json, info, step, tools};
use serde_json::{Value, json};

#[step(world = "apply", wit = "../../wit")]
fn on_proposal(event: Proposal) -> Result<Emits, Failure> {
    let Proposal { about, changes, not_granted } = event;
    let (mut applied, mut rejected) = (Vec::new(), Vec::new());
    for change in changes {
        let path = change.path.clone();
        match tools::call("edit_file", arguments(&change)) {
            Ok(result) => applied.push(Applied { path, diff: changed_lines(&result)? }),
            Err(tools::Error::Refused(reason)) => {
                info!("{path} stays as it is: {reason}");
                rejected.push(Rejected { path, reason });
            }
            Err(other) => return Err(other.into()),
        }
    }
    match applied.is_empty() {
        true => Ok(ChangeRejected { about, rejected }.into()),
        false => Ok(ChangeApplied { about, applied, rejected, not_granted }.into()),
    }
}

/// Each text that goes must be there when the call is made: a document that was changed meanwhile is not
/// overwritten.
fn arguments(change: &ProposedChange) -> Value {
    let edit = |edit: &Edit| json!({ "oldText": edit.old_text, "newText": edit.new_text });
    json!({ "path": change.path, "edits": change.edits.iter().map(edit).collect::<Vec<_>>() })
}

/// The lines that went and came, of the patch that the server gives back.
fn changed_lines(result: &Json) -> Result<Vec<String>, Failure> {
    let result: Value = serde_json::from_str(result)?;
    let patch = result["content"].as_str().unwrap_or_default();
    let is_changed = |line: &&str| line.starts_with(['-', '+']);
    let is_name = |line: &&str| line.starts_with("---") || line.starts_with("+++");
    let lines = patch.lines().filter(|line| is_changed(line) && !is_name(line));
    Ok(lines.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_patch_are_those_that_differ() {
        let patch =
            "```diff\nIndex: a\n--- a\toriginal\n+++ a\tmodified\n@@ -1,2 +1,2 @@\n same\n-30\n+14\n```\n";
        let result = json!({ "content": patch }).to_string();
        assert_eq!(changed_lines(&result).unwrap(), ["-30", "+14"]);
    }
}
