//! The lock that keeps a second process out: on a file beside the store, since SQLite's own locks
//! are for single transactions. The system gives it back when the process ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::OpenError;

/// Held as long as it lives.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) fn take(store: &Path) -> Result<Lock, OpenError> {
        let failed = |why: std::io::Error| OpenError::of_file(store, &why);
        let path = beside(store);
        let mut file = options().create(true).read(true).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::InUse { path: store.to_owned(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(why)) => return Err(failed(why)),
        }
        // Who holds it is for people; that it cannot be noted changes nothing.
        let _ = note(&mut file);
        Ok(Lock { _file: file })
    }
}

/// Makes the store the owner's alone if there is none. One that is there is not opened: closing it
/// would give back the locks that SQLite holds on it in this process.
pub(super) fn make_private(store: &Path) -> Result<(), OpenError> {
    let made = match store.try_exists() {
        Ok(true) => Ok(()),
        Ok(false) => options().create(true).open(store).map(drop),
        Err(why) => Err(why),
    };
    made.map_err(|why| OpenError::of_file(store, &why))
}

fn options() -> OpenOptions {
    let mut options = File::options();
    options.write(true).truncate(false).mode(0o600);
    options
}

fn beside(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

fn note(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{}", std::process::id())
}

/// ` (4711)`, or nothing.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.take(20).read_to_string(&mut text) {
        Ok(_) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => format!(" ({text})"),
        _ => String::new(),
    }
}
