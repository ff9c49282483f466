//! The files of a folder, as a `[[dir]]` of the step's grant shows it.

use lockstep_sdk::Failure;
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags};

/// So much is asked for at once.
const PART: u64 = 64 << 10;

/// The names and texts of all files that end so, in the order of their names.
pub fn read(folder: &str, end: &str) -> Result<Vec<(String, String)>, Failure> {
    let granted = get_directories().into_iter().find(|(_, path)| path == folder);
    let missing = || Failure::permanent("no-folder", format!("no [[dir]] of the grant shows `{folder}`"));
    let (folder, _) = granted.ok_or_else(missing)?;
    let mut names: Vec<String> = names(&folder).map_err(failure)?;
    names.retain(|name| name.ends_with(end));
    names.sort();
    names.into_iter().map(|name| text(&folder, &name).map(|text| (name, text)).map_err(failure)).collect()
}

fn names(folder: &Descriptor) -> Result<Vec<String>, ErrorCode> {
    let entries = folder.read_directory()?;
    let mut names = Vec::new();
    while let Some(entry) = entries.read_directory_entry()? {
        names.push(entry.name);
    }
    Ok(names)
}

fn text(folder: &Descriptor, name: &str) -> Result<String, ErrorCode> {
    let file = folder.open_at(PathFlags::empty(), name, OpenFlags::empty(), DescriptorFlags::READ)?;
    let mut bytes = Vec::new();
    loop {
        let (part, is_end) = file.read(PART, bytes.len() as u64)?;
        bytes.extend(part);
        if is_end {
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}

fn failure(error: ErrorCode) -> Failure {
    Failure::permanent("no-file", format!("a file of the folder cannot be read: {error}"))
}
