//! Compiled components that are kept: for the owner alone, and never another one's.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use lockstep_core::grant::{Grant, Limits};
use lockstep_test_support::component_with;

use super::attempts::{WAT, WIT, attempt, guest_in, handler};
use super::{emitted, settings};
use crate::cache::Cache;
use crate::{Allocator, Sandbox, Settings, Wall, Walls};

fn sandbox(folder: &Path) -> Sandbox {
    sandbox_with(folder, Walls::default())
}

fn sandbox_with(folder: &Path, walls: Walls) -> Sandbox {
    let cache = Some(folder.join("deep/cache"));
    Sandbox::new(&Settings { cache, walls, ..settings(Allocator::OnDemand) }).unwrap()
}

fn artefacts(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder.join("deep/cache")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|end| end == "cwasm")).collect()
}

async fn works(sandbox: &Sandbox) -> bool {
    let report = attempt(&guest_in(sandbox, Limits::default()), "on-echo", 1).await;
    emitted(&report) == ["{\"n\":2}"]
}

#[tokio::test]
async fn a_component_is_compiled_once_and_kept_for_the_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    assert!(works(&sandbox(folder.path())).await);
    let [artefact] = &artefacts(folder.path())[..] else { panic!("one artefact") };
    let written = fs::metadata(artefact).unwrap();
    assert_eq!(written.permissions().mode() & 0o777, 0o600);
    let around = fs::metadata(folder.path().join("deep/cache")).unwrap();
    assert_eq!(around.permissions().mode() & 0o777, 0o700);
    assert!(works(&sandbox(folder.path())).await);
    assert_eq!(fs::metadata(artefact).unwrap().modified().unwrap(), written.modified().unwrap());
}

#[tokio::test]
async fn an_artefact_that_was_tampered_with_is_compiled_again_and_not_run() {
    let folder = tempfile::tempdir().unwrap();
    assert!(works(&sandbox(folder.path())).await);
    let artefact = artefacts(folder.path()).remove(0);
    let whole = fs::read(&artefact).unwrap();
    for position in [0, 31, 32, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[position] ^= 1;
        fs::write(&artefact, bytes).unwrap();
        assert!(works(&sandbox(folder.path())).await, "byte {position}");
        assert_eq!(fs::read(&artefact).unwrap().len(), whole.len());
    }
    fs::write(&artefact, &whole[..20]).unwrap();
    assert!(works(&sandbox(folder.path())).await);
}

#[tokio::test]
async fn an_artefact_of_another_component_is_taken_for_this_one_only_without_the_mac() {
    for (walls, told) in [(Walls::default(), "{\"n\":2}"), (Walls::without(Wall::CacheMac), "{\"n\":3}")] {
        let folder = tempfile::tempdir().unwrap();
        let other = component_with(WIT, &WAT.replace("(i32.const 1))))", "(i32.const 2))))"));
        let sandbox = sandbox_with(folder.path(), walls);
        let echo = handler("on-echo");
        sandbox.load(&other, &[&echo], &Grant::default()).unwrap();
        let stranger = artefacts(folder.path()).remove(0);
        assert!(works(&sandbox).await);
        let own = artefacts(folder.path()).into_iter().find(|path| *path != stranger).unwrap();
        fs::copy(&stranger, &own).unwrap();
        let report = attempt(&guest_in(&sandbox, Limits::default()), "on-echo", 1).await;
        assert_eq!(emitted(&report), [told]);
    }
}

#[tokio::test]
async fn a_folder_that_others_can_write_to_is_not_used() {
    for (mode, used) in [(0o700, true), (0o755, true), (0o770, false), (0o702, false)] {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("deep/cache");
        fs::create_dir_all(&cache).unwrap();
        fs::set_permissions(&cache, fs::Permissions::from_mode(mode)).unwrap();
        assert!(works(&sandbox(folder.path())).await);
        assert_eq!(!artefacts(folder.path()).is_empty(), used, "{mode:o}");
        assert_eq!(Cache::open(&cache, Walls::default()).is_ok(), used, "{mode:o}");
    }
}
