//! The guest that reaches for files, clocks and chance, in the sandbox: what its grant gives it, what it
//! does not, and that without the wall in question the same gets through.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lockstep_core::blob::Digest;
use lockstep_core::effect::Moment;
use lockstep_core::event::{Json, Timestamp};
use lockstep_core::grant::http::{Approve, Rule};
use lockstep_core::grant::{Access, DirGrant, Grant, Randomness, ScratchGrant, WallClock};
use lockstep_core::run::Given;
use lockstep_hostile::reach::{self, Deed, deed, how, open, spin, trap};
use tempfile::TempDir;

use super::http::Notes;
use super::script::{answer, wide};
use super::{LONG, contracted, failure, identity, settings};
use crate::{Allocator, Call, Error, Identity, Release, Sandbox, Settings, View, Wall, Walls, sweep_scratch};

/// A folder with a granted one in it, and what lies beside that.
struct Ground {
    all: TempDir,
}

impl Ground {
    fn new() -> Ground {
        let ground = Ground { all: tempfile::tempdir().unwrap() };
        for folder in ["granted", "granted/inner", "other", "scratch"] {
            fs::create_dir(ground.path(folder)).unwrap();
        }
        fs::write(ground.path("granted/file"), "inside").unwrap();
        fs::write(ground.path("other/file"), "outside").unwrap();
        symlink("../other/file", ground.path("granted/link")).unwrap();
        symlink("../other", ground.path("granted/door")).unwrap();
        symlink(ground.path("other/file"), ground.path("granted/absolute")).unwrap();
        ground
    }

    fn path(&self, path: &str) -> PathBuf {
        self.all.path().canonicalize().unwrap().join(path)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    fn dir(&self, folder: &str, access: Access) -> DirGrant {
        DirGrant { host: self.path(folder), guest: format!("/{folder}"), access }
    }

    /// Folders of the ground, each seen by its own name.
    fn grant(&self, folders: &[&str], access: Access) -> Grant {
        Grant { dirs: folders.iter().map(|folder| self.dir(folder, access)).collect(), ..Grant::default() }
    }

    fn release(&self, grant: &Grant, walls: Walls) -> Release {
        self.try_release(grant, walls).unwrap()
    }

    fn try_release(&self, grant: &Grant, walls: Walls) -> Result<Release, Error> {
        let (bytes, grant) = (reach::component(), Grant { limits: wide(), ..grant.clone() });
        let scratch = Some(self.path("scratch"));
        let sandbox = Sandbox::new(&Settings { walls, scratch, ..settings(Allocator::OnDemand) }).unwrap();
        sandbox.load(&bytes, &[&contracted(&bytes, "done")], &grant)
    }

    async fn told(&self, grant: &Grant, walls: Walls, deeds: &[Deed]) -> Vec<String> {
        told(&self.release(grant, walls), deeds).await
    }

    /// What became of it with all walls and without one.
    async fn with_and_without(&self, grant: &Grant, wall: Wall, deeds: &[Deed]) -> [Vec<String>; 2] {
        let with = self.told(grant, Walls::default(), deeds).await;
        [with, self.told(grant, Walls::without(wall), deeds).await]
    }

    /// What lies where scratch folders are made.
    fn left(&self) -> usize {
        fs::read_dir(self.path("scratch")).unwrap().count()
    }
}

fn call(deeds: &[Deed]) -> Call {
    Call {
        moment: None,
        handler: 0,
        inputs: vec![Given::One(Json::trusted(reach::work(deeds)))],
        identity: identity(),
        state: View::default(),
        watcher: None,
        blobs: None,
        effects: None,
        kv: None,
        timeout: LONG,
    }
}

async fn told(release: &Release, deeds: &[Deed]) -> Vec<String> {
    reach::told(&answer(release.attempt(call(deeds)).await))
}

fn scratch(bytes: u64, files: u32) -> Grant {
    Grant { scratch: Some(ScratchGrant { bytes, files }), ..Grant::default() }
}

const NEW: u32 = how::CREATE | how::READ | how::WRITE;
const READ: u32 = how::FOLLOW | how::READ;

/// Opens and reads.
fn look(path: &str) -> [Deed; 2] {
    [open(path, READ, 9), deed("read", "").at(9)]
}

#[tokio::test]
async fn a_granted_folder_is_read_and_written_and_without_one_there_is_none() {
    let ground = Ground::new();
    let grant = ground.grant(&["granted"], Access::ReadWrite);
    let deeds = [
        open("file", READ, 5),
        deed("read", "").at(5),
        open("inner/new", NEW, 6),
        deed("write", "").at(6).text("mine"),
        deed("size", "inner/new"),
        deed("list", ""),
    ];
    let told = ground.told(&grant, Walls::default(), &deeds).await;
    assert_eq!(told, ["ok", "ok inside", "ok", "ok 4", "ok 4", "ok 5"]);
    assert_eq!(ground.read("granted/inner/new"), "mine");
    let release = ground.release(&Grant::default(), Walls::default());
    let none = failure(release.attempt(call(&look("file"))).await);
    assert!(none.message.contains("handle"), "{none:?}");
}

#[tokio::test]
async fn a_folder_that_is_not_there_refuses_the_load_and_names_it() {
    let ground = Ground::new();
    let grant = ground.grant(&["missing"], Access::Read);
    let error = ground.try_release(&grant, Walls::default()).err().unwrap().to_string();
    let told = error.replace(&ground.path("").display().to_string(), "");
    assert_eq!(
        told,
        "the folder missing of a [[dir]] cannot be opened: No such file or directory (os error 2); \
         make it, or name another as `host`"
    );
}

#[tokio::test]
async fn no_path_leads_out_of_a_folder_but_without_the_wall() {
    let ground = Ground::new();
    let grant = ground.grant(&["granted"], Access::ReadWrite);
    let outside = ground.path("other/file").display().to_string();
    for path in ["../other/file", "inner/../../other/file", "link", "door/file", &outside] {
        let with = ground.told(&grant, Walls::default(), &look(path)[..1]).await;
        let without = ground.told(&grant, Walls::without(Wall::Dirs), &look(path)).await;
        assert_eq!((with, without), (vec!["not-permitted".into()], vec!["ok".into(), "ok outside".into()]));
    }
    for path in ["absolute", "/proc/version", "../../../../../../proc/version", "/etc/passwd"] {
        let with = ground.told(&grant, Walls::default(), &look(path)[..1]).await;
        assert_eq!(with, ["not-permitted"], "{path}");
    }
    let without = ground.told(&grant, Walls::without(Wall::Dirs), &look("/proc/version")).await;
    assert!(without[1].starts_with("ok Linux"), "{without:?}");
}

#[tokio::test]
async fn what_is_denied_of_a_folder_is_told_to_whoever_keeps_the_calls_and_counted() {
    let (ground, notes) = (Ground::new(), Arc::new(Notes::default()));
    let release = ground.release(&ground.grant(&["granted"], Access::Read), Walls::default());
    let deeds = [open("../other/file", how::READ, 9), deed("mkdir", "new"), open("nothing", how::READ, 9)];
    let call = Call { effects: Some(notes.clone()), ..call(&deeds) };
    assert_eq!(release.attempt(call).await.usage.denied, 2);
    let told = ["dir ../other/file in /granted: not-permitted", "dir new in /granted: not-permitted"];
    assert_eq!(notes.denials(), told);
}

#[tokio::test]
async fn nothing_is_made_moved_or_removed_outside_of_a_folder() {
    let outs: [(Deed, &str); 7] = [
        (open("../other/new", NEW, 9), "other/new"),
        (deed("mkdir", "../other/new"), "other/new"),
        (deed("rename", "file").text("../other/new"), "other/new"),
        (deed("link", "file").text("../other/new"), "other/new"),
        (deed("link", "../other/file").text("new"), "granted/new"),
        (deed("symlink", "../other/new").text("x"), "other/new"),
        (deed("rename", "../other/file").text("new"), "granted/new"),
    ];
    for (out, made) in outs {
        for (walls, gets_through) in [(Walls::default(), false), (Walls::without(Wall::Dirs), true)] {
            let ground = Ground::new();
            let grant = ground.grant(&["granted"], Access::ReadWrite);
            let told = ground.told(&grant, walls, std::slice::from_ref(&out)).await;
            assert_eq!(told[0] == "ok", gets_through, "{out:?}: {told:?}");
            assert_eq!(ground.path(made).symlink_metadata().is_ok(), gets_through, "{out:?}");
        }
    }
    let ground = Ground::new();
    let deeds = [deed("unlink", "../other/file"), deed("unlink", "door/file"), deed("rmdir", "../other")];
    let told = ground.told(&ground.grant(&["granted"], Access::ReadWrite), Walls::default(), &deeds).await;
    assert_eq!(told, ["not-permitted"; 3]);
    assert_eq!(ground.read("other/file"), "outside");
}

#[tokio::test]
async fn nothing_goes_from_one_folder_into_another() {
    for op in ["rename", "link"] {
        for (walls, word) in [(Walls::default(), "cross-device"), (Walls::without(Wall::Dirs), "ok")] {
            let ground = Ground::new();
            let grant = ground.grant(&["granted", "other"], Access::ReadWrite);
            let told = ground.told(&grant, walls, &[deed(op, "file").to(1).text("new")]).await;
            assert_eq!((told[0].as_str(), ground.path("other/new").exists()), (word, word == "ok"), "{op}");
        }
    }
}

#[tokio::test]
async fn a_folder_that_is_only_read_stays_as_it_is() {
    let writes = [
        open("file", how::READ | how::WRITE, 9),
        open("file", how::READ | how::TRUNCATE, 9),
        open("new", NEW, 9),
        deed("mkdir", "new"),
        deed("unlink", "file"),
        deed("rmdir", "inner"),
        deed("rename", "file").text("new"),
        deed("link", "file").text("new"),
        deed("symlink", "new").text("file"),
        deed("touch", "file"),
        deed("touch", "file").flags(how::FOLLOW),
    ];
    for write in writes {
        let ground = Ground::new();
        let grant = ground.grant(&["granted"], Access::Read);
        let before = state(&ground.path("granted"));
        let with = ground.told(&grant, Walls::default(), std::slice::from_ref(&write)).await;
        assert_eq!(
            (with[0].as_str(), state(&ground.path("granted"))),
            ("not-permitted", before),
            "{write:?}"
        );
        let without = ground.told(&grant, Walls::without(Wall::ReadOnly), std::slice::from_ref(&write)).await;
        assert_eq!(without, ["ok"], "{write:?}");
    }
}

#[tokio::test]
async fn what_was_opened_to_be_read_is_neither_cut_nor_written() {
    let ground = Ground::new();
    let grant = ground.grant(&["granted"], Access::Read);
    let deeds = [
        open("file", READ, 9),
        deed("set-size", "").at(9),
        deed("write", "").at(9).text("x"),
        deed("stream", "").at(9).text("x"),
        deed("append", "").at(9).text("x"),
    ];
    let told = ground.told(&grant, Walls::default(), &deeds).await;
    assert_eq!(told, ["ok", "not-permitted", "not-permitted", "not-permitted", "not-permitted"]);
    assert_eq!(ground.read("granted/file"), "inside");
}

/// Names, lengths and times of what lies in a folder.
fn state(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| {
        let (name, found) = entry.map(|entry| (entry.file_name(), entry.path().symlink_metadata())).unwrap();
        let found = found.unwrap();
        format!("{name:?} {} {:?} {:?}", found.len(), found.modified(), found.permissions())
    });
    let mut entries: Vec<String> = entries.collect();
    entries.sort();
    entries
}

/// A pipe without anybody at its other end.
#[tokio::test]
async fn what_is_no_file_is_not_opened_and_nothing_waits_for_it() {
    let ground = Ground::new();
    let (pipe, mode) = (ground.path("granted/pipe"), rustix::fs::Mode::from_raw_mode(0o600));
    rustix::fs::mknodat(rustix::fs::CWD, pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    symlink("pipe", ground.path("granted/to-pipe")).unwrap();
    let grant = ground.grant(&["granted"], Access::ReadWrite);
    let writing = how::READ | how::WRITE;
    for (path, flags) in [("pipe", READ), ("pipe", writing), ("to-pipe", READ), ("pipe", NEW)] {
        let [with, without] = ground.with_and_without(&grant, Wall::Dirs, &[open(path, flags, 9)]).await;
        assert_eq!((with[0].as_str(), without[0].as_str()), ("not-permitted", "ok"), "{path} {flags:x}");
    }
    let write_only = ground.told(&grant, Walls::default(), &[open("pipe", how::WRITE, 9)]).await;
    assert_ne!(write_only, ["ok"]);
    let times = [deed("touch", "pipe").flags(how::FOLLOW), deed("touch", "to-pipe").flags(how::FOLLOW)];
    assert_eq!(ground.told(&grant, Walls::default(), &times).await, ["not-permitted"; 2]);
}

/// A folder was opened at load: what stands at its path later is another.
#[tokio::test]
async fn a_link_put_in_the_place_of_a_folder_leads_nowhere() {
    let ground = Ground::new();
    let release = ground.release(&ground.grant(&["granted"], Access::Read), Walls::default());
    fs::rename(ground.path("granted"), ground.path("moved")).unwrap();
    symlink("other", ground.path("granted")).unwrap();
    assert_eq!(told(&release, &look("file")).await, ["ok", "ok inside"]);
}

#[tokio::test]
async fn scratch_is_written_and_read_and_gone_with_its_attempt() {
    let ground = Ground::new();
    let release = ground.release(&scratch(1 << 20, 10), Walls::default());
    let deeds = [
        deed("list", ""),
        open("a", NEW, 5),
        deed("write", "").at(5).text("one"),
        deed("append", "").at(5).text("two"),
        deed("read", "").at(5),
        deed("mkdir", "folder"),
        deed("rename", "a").text("folder/b"),
        deed("list", ""),
    ];
    for _ in 0..2 {
        let told = told(&release, &deeds).await;
        assert_eq!(told, ["ok", "ok", "ok 3", "ok 1", "ok onetwo", "ok", "ok", "ok 1"]);
        assert_eq!(ground.left(), 0);
    }
}

#[tokio::test]
async fn scratch_is_gone_however_an_attempt_ends() {
    let ground = Ground::new();
    let release = ground.release(&scratch(1 << 20, 10), Walls::default());
    let begin = || vec![open("a", NEW, 5), deed("write", "").at(5).text("one"), deed("mkdir", "b")];
    let ending = |end: Deed| [begin(), vec![end]].concat();
    assert_eq!(failure(release.attempt(call(&ending(trap()))).await).code, "unreachable");
    assert_eq!(ground.left(), 0);
    let short = Call { timeout: Duration::from_millis(50), ..call(&ending(spin())) };
    assert_eq!(failure(release.attempt(short).await).code, "timeout");
    assert_eq!(ground.left(), 0);
    let call = call(&ending(spin()));
    let attempt = tokio::spawn(async move { release.attempt(call).await });
    while ground.left() == 0 {
        tokio::task::yield_now().await;
    }
    attempt.abort();
    assert!(attempt.await.unwrap_err().is_cancelled());
    assert_eq!(ground.left(), 0);
}

#[tokio::test]
async fn a_scratch_folder_is_made_for_whoever_was_granted_one_and_looks_for_it() {
    let ground = Ground::new();
    let release = ground.release(&scratch(1, 1), Walls::default());
    fs::remove_dir(ground.path("scratch")).unwrap();
    let lost = failure(release.attempt(call(&[deed("list", "")])).await);
    assert_eq!((lost.class.as_str(), lost.code.as_str()), ("host", "folder"));
    let nowhere = Sandbox::new(&settings(Allocator::OnDemand)).unwrap();
    let bytes = reach::component();
    let refused = nowhere.load(&bytes, &[&contracted(&bytes, "done")], &scratch(1, 1)).err().unwrap();
    assert!(matches!(refused, Error::NoScratch), "{refused}");
}

#[test]
fn what_a_killed_process_left_is_swept_once_it_is_old() {
    let ground = Ground::new();
    let (now, hour) = (SystemTime::now(), Duration::from_secs(3600));
    for (name, age) in [("lockstep-scratch-old", 2), ("lockstep-scratch-new", 0), ("other", 2)] {
        fs::create_dir(ground.path("scratch").join(name)).unwrap();
        fs::write(ground.path("scratch").join(name).join("file"), "left").unwrap();
        let folder = fs::File::open(ground.path("scratch").join(name)).unwrap();
        folder.set_modified(now - age * hour).unwrap();
    }
    symlink("other", ground.path("scratch/lockstep-scratch-link")).unwrap();
    sweep_scratch(&ground.path("scratch"), now - hour);
    let kept = ["lockstep-scratch-new/file", "other/file", "lockstep-scratch-link/file"];
    assert!(kept.iter().all(|name| ground.path("scratch").join(name).exists()));
    assert!(!ground.path("scratch/lockstep-scratch-old").exists());
    sweep_scratch(&ground.path("nowhere"), now);
}

/// Whatever makes a file longer, to the byte, and a terabyte of nothing.
#[tokio::test]
async fn scratch_holds_no_more_bytes_than_granted() {
    const TERABYTE: u64 = 1 << 40;
    let full = "x".repeat(100);
    let mores = [
        deed("write", "").offset(100).text("x"),
        deed("write", "").offset(TERABYTE).text("x"),
        deed("write", "").offset(u64::MAX).text("x"),
        deed("set-size", "").offset(101),
        deed("set-size", "").offset(TERABYTE),
        deed("stream", "").offset(100).text("x"),
        deed("stream", "").offset(TERABYTE).text("x"),
        deed("append", "").text("x"),
    ];
    for more in mores {
        let ground = Ground::new();
        let deeds = [open("a", NEW, 9), deed("write", "").at(9).text(&full), more.at(9), deed("size", "a")];
        let told = ground.told(&scratch(100, 10), Walls::default(), &deeds).await;
        assert_eq!(told, ["ok", "ok 100", "insufficient-space", "ok 100"], "{deeds:?}");
    }
    let ground = Ground::new();
    let deeds = [open("a", NEW, 9), deed("set-size", "").at(9).offset(TERABYTE), deed("size", "a")];
    let without = ground.told(&scratch(100, 10), Walls::without(Wall::Scratch), &deeds).await;
    assert_eq!(without, ["ok", "ok", "ok 1099511627776"]);
    assert_eq!(ground.left(), 0);
}

#[tokio::test]
async fn streams_write_what_is_left_and_no_more() {
    let ground = Ground::new();
    let kib = "x".repeat(1024);
    for op in ["stream", "append"] {
        let deeds = [open("a", NEW, 9), deed(op, "").at(9).text(&kib).times(100), deed("size", "a")];
        let [with, without] = ground.with_and_without(&scratch(10 << 10, 10), Wall::Scratch, &deeds).await;
        assert_eq!(with, ["ok", "insufficient-space 10", "ok 10240"], "{op}");
        assert_eq!(without, ["ok", "ok 100", "ok 102400"], "{op}");
    }
}

/// A stream that is not waited for writes after the file was cut.
#[tokio::test]
async fn a_stream_in_the_background_does_not_write_past_the_count() {
    let ground = Ground::new();
    let (half, keeps_open) = ("x".repeat(600), 1);
    let mut deeds = vec![open("a", NEW, 9)];
    for turn in 0..8 {
        deeds.push(deed("rush", "").at(9).offset(turn * 600).text(&half).flags(keeps_open));
        deeds.push(deed("set-size", "").at(9));
    }
    deeds.push(deed("size", "a"));
    let told = ground.told(&scratch(1000, 10), Walls::default(), &deeds).await;
    assert_eq!((told[1].as_str(), told[3].as_str()), ("ok 1", "insufficient-space"), "{told:?}");
}

#[tokio::test]
async fn what_is_removed_makes_room_once_nothing_has_it_open() {
    let ground = Ground::new();
    let half = "x".repeat(60);
    let deeds = [
        open("a", NEW, 5),
        deed("write", "").at(5).text(&half),
        deed("unlink", "a"),
        open("b", NEW, 6),
        deed("write", "").at(6).text(&half),
        deed("close", "").at(5),
        deed("write", "").at(6).text(&half),
        open("c", NEW, 7),
        deed("write", "").at(7).text("too much for it, with what there is already"),
        deed("set-size", "").at(6).offset(10),
        deed("write", "").at(7).text(&half),
        deed("rename", "c").text("b"),
        deed("close", "").at(6),
        open("d", NEW, 8),
        deed("write", "").at(8).text("x".repeat(40).as_str()),
        deed("write", "").at(8).offset(40).text("x"),
    ];
    let told = ground.told(&scratch(100, 10), Walls::default(), &deeds).await;
    let (no, ok) = ("insufficient-space", "ok");
    assert_eq!(told, [ok, "ok 60", ok, ok, no, ok, "ok 60", ok, no, ok, "ok 60", ok, ok, ok, "ok 40", no]);
}

#[tokio::test]
async fn scratch_holds_no_more_names_than_granted() {
    let names = [
        open("file-000000", NEW, 9),
        deed("mkdir", "folder-000000"),
        deed("symlink", "link-000000").text("x"),
    ];
    for name in names {
        let ground = Ground::new();
        let deeds = [name.times(20), deed("list", "")];
        let [with, without] = ground.with_and_without(&scratch(1 << 20, 10), Wall::Scratch, &deeds).await;
        assert_eq!(with, ["insufficient-space 11", "ok 10"], "{deeds:?}");
        assert_eq!(without, ["ok 20", "ok 20"], "{deeds:?}");
    }
    let ground = Ground::new();
    let deeds = [
        open("a", NEW, 9),
        deed("link", "a").text("b"),
        deed("link", "a").text("c"),
        deed("unlink", "a"),
        deed("rename", "b").text("d"),
        deed("mkdir", "e"),
        deed("rmdir", "d"),
        deed("rename", "b").text("nowhere/b"),
    ];
    let told = ground.told(&scratch(100, 2), Walls::default(), &deeds).await;
    let no = "insufficient-space";
    assert_eq!(told, ["ok", "ok", no, "ok", "ok", "ok", "not-directory", "no-entry"]);
}

#[tokio::test]
async fn a_dangling_link_makes_no_file_that_does_not_count() {
    let ground = Ground::new();
    let deeds = [
        deed("symlink", "to-000000").text("made"),
        open("to-000000", NEW | how::FOLLOW, 9),
        deed("list", ""),
    ];
    assert_eq!(
        ground.told(&scratch(100, 1), Walls::default(), &deeds).await,
        ["ok", "insufficient-space", "ok 1"]
    );
    assert_eq!(ground.told(&scratch(100, 2), Walls::default(), &deeds).await, ["ok", "ok", "ok 2"]);
}

/// The numbers that a guest of this delivery sees of clocks and chance.
async fn seen(grant: &Grant, run: &str, delivery: u64, attempt: u32) -> Vec<String> {
    let ground = Ground::new();
    let identity = Identity { run: run.into(), delivery, attempt, now_ms: 5_000, ..identity() };
    let deeds = ["now", "step-now", "random", "step-random", "random"].map(|op| deed(op, ""));
    let call = Call { identity, ..call(&deeds) };
    reach::told(&answer(ground.release(grant, Walls::default()).attempt(call).await))
}

#[tokio::test]
async fn the_clock_is_the_deliverys_or_real_wherever_it_is_asked() {
    let delivery = seen(&Grant::default(), "r", 1, 1).await;
    assert_eq!(delivery[..2], ["ok 5", "ok 5000"]);
    let real = seen(&Grant { wall: WallClock::Real, ..Grant::default() }, "r", 1, 1).await;
    let number = |told: &str| told.strip_prefix("ok ").unwrap().parse::<u64>().unwrap();
    assert!(number(&real[0]) > 1_700_000_000 && number(&real[1]) > 1_700_000_000_000, "{real:?}");
}

#[tokio::test]
async fn seeded_chance_is_the_same_in_every_attempt_and_another_in_every_delivery() {
    let seeded = Grant { random: Randomness::Seeded, ..Grant::default() };
    let first = seen(&seeded, "r", 1, 1).await;
    assert_eq!(seen(&seeded, "r", 1, 2).await, first);
    let other = [seen(&seeded, "r", 2, 1).await, seen(&seeded, "q", 1, 1).await];
    let real = [seen(&Grant::default(), "r", 1, 1).await, seen(&Grant::default(), "r", 1, 1).await];
    for chance in 2..5 {
        assert_ne!(other[0][chance], first[chance]);
        assert_ne!(other[1][chance], first[chance]);
        assert_ne!(real[0][chance], real[1][chance]);
    }
    assert_ne!(first[2], first[4]);
}

#[tokio::test]
async fn where_a_person_may_be_asked_real_time_and_chance_are_the_same_when_an_attempt_goes_on() {
    let real = |moment| async move {
        let ground = Ground::new();
        let mut grant = Grant { wall: WallClock::Real, ..Grant::default() };
        grant.http.rules.push(Rule { approve: Approve::Always, ..super::http::rule(1) });
        let deeds = ["now", "step-now", "random", "step-random", "random"].map(|op| deed(op, ""));
        let call = Call { moment, ..call(&deeds) };
        reach::told(&answer(ground.release(&grant, Walls::default()).attempt(call).await))
    };
    let moment = Moment { clock: Timestamp(1_900_000_000_000), seed: Digest::of(b"chance") };
    let first = real(Some(moment)).await;
    assert_eq!(first[..2], ["ok 1900000000", "ok 1900000000000"]);
    assert_eq!(real(Some(moment)).await, first);
    let (one, two) = (real(None).await, real(None).await);
    assert!((2..5).all(|chance| one[chance] != two[chance]), "another attempt draws anew");
}
