//! JSON that a user gives: itself, in a file, or on stdin.

use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use crate::exit::BadInput;
use crate::report;
use crate::source::unreadable;

/// No input is larger.
const LARGEST: u64 = 16 << 20;

/// The text of `JSON`, `@FILE` or `-`; `what` is what people call it.
pub(crate) fn read(given: &str, what: &str) -> Result<String, BadInput> {
    match given.strip_prefix('@') {
        Some(path) => read_file(Path::new(path), what),
        None if given == "-" => read_stdin(what),
        None => Ok(given.to_owned()),
    }
}

fn read_file(path: &Path, what: &str) -> Result<String, BadInput> {
    let shown = path.display().to_string();
    let file = fs::File::open(path).map_err(|error| BadInput(unreadable(&shown, &error)))?;
    read_text(file, &shown, what)
}

fn read_stdin(what: &str) -> Result<String, BadInput> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        report::progress(&format!("reading {what} from the terminal; end it with Ctrl-D"));
    }
    read_text(stdin.lock(), "stdin", what)
}

fn read_text(from: impl Read, shown: &str, what: &str) -> Result<String, BadInput> {
    let mut bytes = Vec::new();
    from.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| BadInput(unreadable(shown, &error)))?;
    if bytes.len() as u64 > LARGEST {
        let most = LARGEST >> 20;
        return Err(BadInput(format!("{shown}: it is larger than {most} MiB; give {what} in fewer bytes")));
    }
    String::from_utf8(bytes).map_err(|_| BadInput(format!("{shown}: it is not UTF-8 text; give JSON")))
}
