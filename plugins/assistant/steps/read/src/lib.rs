//! Reads the documents, by the tools of a server. What its grant does not name it does not get to see, and says
//! so.

use lockstep_sdk::{Failure, Json, info, step, tools};
use serde_json::{Value, json};

#[step(world = "read", wit = "../../wit")]
fn on_figure_changed(event: FigureChanged) -> Result<DocumentsRead, Failure> {
    let listing = text(&tools::call("list_directory", json!({ "path": "." }))?)?;
    let (mut documents, mut not_granted) = (Vec::new(), Vec::new());
    for path in files(&listing) {
        match tools::call("read_text_file", json!({ "path": path })) {
            Ok(read) => documents.push(Document { path, text: text(&read)? }),
            Err(tools::Error::Denied(denial)) => {
                info!("{path} is not granted: {}", denial.why);
                not_granted.push(path);
            }
            Err(other) => return Err(other.into()),
        }
    }
    Ok(DocumentsRead { change: event, documents, not_granted })
}

/// What the server's tools give is an object with their text as its `content`.
fn text(result: &Json) -> Result<String, Failure> {
    let result: Value = serde_json::from_str(result)?;
    let content = result.get("content").and_then(Value::as_str).map(str::to_owned);
    content.ok_or_else(|| Failure::permanent("no-text", "the server gave something else than text"))
}

/// The documents in a listing such as `[FILE] faq.md`, in the order of their names.
fn files(listing: &str) -> Vec<String> {
    let files = listing.lines().filter_map(|line| line.strip_prefix("[FILE] "));
    let mut files: Vec<_> = files.filter(|name| name.ends_with(".md")).map(str::to_owned).collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_the_files_with_text() {
        assert_eq!(files("[DIR] old.md\n[FILE] b.md\n[FILE] a.md\n[FILE] logo.png"), ["a.md", "b.md"]);
        assert_eq!(files(""), [""; 0]);
    }

    #[test]
    fn the_text_of_a_result_is_its_content() {
        assert_eq!(text(&r#"{"content": "hi"}"#.into()).unwrap(), "hi");
        assert_eq!(text(&"\"hi\"".into()).unwrap_err().code, "no-text");
    }
}
