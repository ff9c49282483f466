//! A folder that holds what is generated and nothing else. What is there already stays as it is, so that compilers
//! and editors see no change where there is none.

use std::fs;
use std::path::Path;

use crate::Error;

/// Makes a folder hold just these files, each by its path from there.
pub(crate) fn write(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), Error> {
    for (name, bytes) in files {
        let path = folder.join(name);
        if fs::read(&path).is_ok_and(|there| there == *bytes) {
            continue;
        }
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(Error::file(parent))?;
        fs::write(&path, bytes).map_err(Error::file(&path))?;
    }
    let wanted: Vec<_> = files.iter().map(|(name, _)| folder.join(name)).collect();
    remove_others(folder, &|path| wanted.iter().any(|wanted| wanted == path))
}

fn remove_others(folder: &Path, is_wanted: &dyn Fn(&Path) -> bool) -> Result<(), Error> {
    for entry in folder.read_dir().map_err(Error::file(folder))?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            remove_others(&path, is_wanted)?;
        } else if !is_wanted(&path) {
            fs::remove_file(&path).map_err(Error::file(&path))?;
        }
    }
    Ok(())
}
