//! Attacks 27 and 28, on files: out of the folder that is granted, into one that is only read, and more
//! into scratch than it may hold.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use lockstep_core::grant::{Access, DirGrant, Grant, ScratchGrant};
use lockstep_hostile::reach::{self, Deed, deed, how, open};
use lockstep_sandbox::Wall;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

use super::stage::Stage;
use super::{Case, Opposite, Trial, case};

const NEW: u32 = how::CREATE | how::READ | how::WRITE;
const READ: u32 = how::FOLLOW | how::READ;
const TERABYTE: u64 = 1 << 40;

pub(super) fn cases() -> Vec<Case> {
    let mut all = ways_out();
    all.extend(read_only());
    all.extend(scratch());
    all
}

fn ways_out() -> Vec<Case> {
    const NO: &str = "not-permitted";
    vec![
        case("27a", "`..` out of a folder", NO, Wall::Dirs, |trial| Box::pin(looked(trial, "../other/file"))),
        case("27b", "an absolute path", NO, Wall::Dirs, |trial| Box::pin(looked(trial, OUTSIDE))),
        case("27c", "a symlink out of a folder", NO, Wall::Dirs, |trial| Box::pin(looked(trial, "link"))),
        case("27d", "a symlink to a folder outside", NO, Wall::Dirs, |trial| {
            Box::pin(looked(trial, "door/file"))
        }),
        case("27e", "a symlink of the guest's own out of a folder", NO, Wall::Dirs, |trial| {
            Box::pin(writes(trial, deed("symlink", "../other/new").text("x")))
        }),
        case("27f", "a hard link to a file outside", NO, Wall::Dirs, |trial| {
            Box::pin(writes(trial, deed("link", "../other/file").text("new")))
        }),
        case("27g", "a file moved to another folder", "cross-device", Wall::Dirs, |trial| {
            Box::pin(writes(trial, deed("rename", "file").to(1).text("new")))
        }),
        case("27h", "/proc", NO, Wall::Dirs, |trial| Box::pin(looked(trial, "/proc/version"))),
        case("27i", "a pipe that nobody writes to", NO, Wall::Dirs, |trial| Box::pin(looked(trial, "pipe"))),
    ]
}

/// WASI has no call that changes permissions: the times are all that a guest can change of a file beside
/// what is in it.
fn read_only() -> Vec<Case> {
    const UNCHANGED: &str = "not-permitted, unchanged";
    vec![
        case("27j", "a file truncated where it is only read", UNCHANGED, Wall::ReadOnly, |trial| {
            Box::pin(changes(trial, open("file", how::READ | how::TRUNCATE, 9)))
        }),
        case("27k", "the times of a file that is only read", UNCHANGED, Wall::ReadOnly, |trial| {
            Box::pin(changes(trial, deed("touch", "file")))
        }),
        case("27l", "a file removed where it is only read", UNCHANGED, Wall::ReadOnly, |trial| {
            Box::pin(changes(trial, deed("unlink", "file")))
        }),
    ]
}

fn scratch() -> Vec<Case> {
    vec![
        case("28a", "a million files in scratch", "insufficient-space, 100 files", Wall::Scratch, |trial| {
            Box::pin(filled(trial))
        }),
        case("28b", "a sparse terabyte in scratch", "insufficient-space", Wall::Scratch, |trial| {
            Box::pin(sparse(trial))
        }),
        case(
            "28c",
            "what an attempt left in scratch",
            "nothing, and no folder",
            Opposite::Harmless,
            |trial| Box::pin(left(trial)),
        ),
    ]
}

/// Stands for the path of a file that is not in the folder.
const OUTSIDE: &str = "OUTSIDE";

/// A folder with a granted one in it, and what lies beside that.
struct Ground(TempDir);

impl Ground {
    fn new() -> anyhow::Result<Ground> {
        let ground = Ground(tempfile::tempdir()?);
        for folder in ["granted", "other", "scratch"] {
            fs::create_dir(ground.path(folder)?)?;
        }
        fs::write(ground.path("granted/file")?, "inside")?;
        fs::write(ground.path("other/file")?, "outside")?;
        symlink("../other/file", ground.path("granted/link")?)?;
        symlink("../other", ground.path("granted/door")?)?;
        mknodat(CWD, ground.path("granted/pipe")?, FileType::Fifo, Mode::from_raw_mode(0o600), 0)?;
        Ok(ground)
    }

    fn path(&self, path: &str) -> anyhow::Result<PathBuf> {
        Ok(self.0.path().canonicalize()?.join(path))
    }

    /// Both folders, the granted one first.
    fn folders(&self, access: Access) -> anyhow::Result<Grant> {
        let dir = |folder: &str| {
            let host = self.path(folder)?;
            Ok::<_, anyhow::Error>(DirGrant { host, guest: format!("/{folder}"), access })
        };
        Ok(Grant { dirs: vec![dir("granted")?, dir("other")?], ..Grant::default() })
    }

    fn stage(&self, trial: Trial, grant: Grant) -> anyhow::Result<Stage> {
        let mut stage = Stage { grant, ..Stage::new(trial, reach::component()) };
        stage.sandbox.scratch = Some(self.path("scratch")?);
        Ok(stage)
    }

    async fn told(&self, trial: Trial, grant: Grant, deeds: &[Deed]) -> anyhow::Result<Vec<String>> {
        let played = self.stage(trial, grant)?.play(reach::work(deeds)).await?;
        Ok(reach::told(&played.given()?))
    }

    /// What can be seen of a file: its text, its time and who may do what with it.
    fn state(&self, path: &str) -> anyhow::Result<String> {
        let path = self.path(path)?;
        let Ok(about) = fs::metadata(&path) else { return Ok("gone".to_owned()) };
        let (modified, mode) = (about.modified()?, about.permissions().mode());
        Ok(format!("{:?} {modified:?} {mode:o}", fs::read_to_string(path)?))
    }
}

/// What comes of opening a path. That what lies there can then be read is for the sandbox's tests.
async fn looked(trial: Trial, path: &str) -> anyhow::Result<String> {
    let ground = Ground::new()?;
    let outside = ground.path("other/file")?.display().to_string();
    let path = if path == OUTSIDE { &outside } else { path };
    let told = ground.told(trial, ground.folders(Access::ReadWrite)?, &[open(path, READ, 9)]).await?;
    Ok(told.join(", "))
}

async fn writes(trial: Trial, deed: Deed) -> anyhow::Result<String> {
    let ground = Ground::new()?;
    Ok(ground.told(trial, ground.folders(Access::ReadWrite)?, &[deed]).await?.join(", "))
}

async fn changes(trial: Trial, deed: Deed) -> anyhow::Result<String> {
    let ground = Ground::new()?;
    let before = ground.state("granted/file")?;
    let told = ground.told(trial, ground.folders(Access::Read)?, &[deed]).await?.join(", ");
    let is_same = ground.state("granted/file")? == before;
    Ok(format!("{told}, {}", if is_same { "unchanged" } else { "changed" }))
}

fn granted(bytes: u64, files: u32) -> Grant {
    Grant { scratch: Some(ScratchGrant { bytes, files }), ..Grant::default() }
}

async fn filled(trial: Trial) -> anyhow::Result<String> {
    let ground = Ground::new()?;
    let deeds =
        [deed("symlink", "file-000000").text("x").times(trial.sized(1_000_000, 200)), deed("list", "")];
    let told = ground.told(trial, granted(1 << 20, 100), &deeds).await?;
    let word = told[0].split(' ').next().unwrap_or_default();
    Ok(format!("{word}, {} files", told[1].trim_start_matches("ok ")))
}

async fn sparse(trial: Trial) -> anyhow::Result<String> {
    let ground = Ground::new()?;
    let deeds = [open("a", NEW, 9), deed("set-size", "").at(9).offset(TERABYTE)];
    Ok(ground.told(trial, granted(1 << 20, 100), &deeds).await?[1].clone())
}

/// What the next attempt finds, or the same one.
async fn left(trial: Trial) -> anyhow::Result<String> {
    let ground = Ground::new()?;
    let fill = vec![open("a", NEW, 9), deed("write", "").at(9).text("left"), deed("mkdir", "b")];
    let look = vec![deed("list", "")];
    let events = trial.pick(vec![fill.clone(), look.clone()], vec![[fill, look].concat()]);
    let events = events.iter().map(|deeds| reach::work(deeds)).collect();
    let played = ground.stage(trial, granted(1 << 20, 100))?.play_all(events).await?;
    let found = reach::told(&played.given()?).pop().unwrap_or_default();
    let folders = fs::read_dir(ground.path("scratch")?)?.count();
    Ok(match (found.as_str(), folders) {
        ("ok", 0) => "nothing, and no folder".to_owned(),
        (found, folders) => format!("{found}, and {folders} folders"),
    })
}
