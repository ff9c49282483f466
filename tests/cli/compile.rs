//! Components from elsewhere, compiled by the program in a child process of its own: what compiles too
//! long or too large ends that child, and nothing else.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use lockstep_core::grant::{Grant, Limits};
use lockstep_hostile::worlds::bomb;
use lockstep_sandbox::{
    Allocator, ChildCompiler, Compiler, Error, Release, Sandbox, Settings, Source, Wall, Walls,
};
use lockstep_test_support::wasm;

const MIB: u64 = 1 << 20;

fn child() -> ChildCompiler {
    ChildCompiler::new(env!("CARGO_BIN_EXE_lockstep").into(), vec!["compile-component".into()])
}

fn sandbox(child: ChildCompiler, walls: Walls, cache: Option<PathBuf>) -> Sandbox {
    let (compiler, allocator) = (Compiler::Child(child), Allocator::OnDemand);
    Sandbox::new(&Settings { cache, instances: 2, allocator, compiler, walls, ..Settings::default() })
        .unwrap()
}

fn load(sandbox: &Sandbox, component: &[u8]) -> Result<Release, Error> {
    sandbox.load(Source::elsewhere(component), &[], &Grant::default())
}

fn refused(child: ChildCompiler, component: &[u8]) -> String {
    load(&sandbox(child, Walls::default(), None), component).err().expect("it is refused").to_string()
}

#[test]
fn what_a_child_compiles_is_what_the_program_itself_compiles() {
    let folder = tempfile::tempdir().unwrap();
    let cache = || Some(folder.path().join("cache"));
    let component = bomb(1, 2, 3);
    for fuel in [0, 1000] {
        let grant = Grant { limits: Limits { fuel, ..Limits::default() }, ..Grant::default() };
        let theirs = sandbox(child(), Walls::default(), cache());
        theirs.load(Source::elsewhere(&component), &[], &grant).unwrap();
        // It is kept: who has no compiler to ask finds it.
        let nobody = ChildCompiler::new("/nowhere/at/all".into(), Vec::new());
        let kept = sandbox(nobody, Walls::default(), cache());
        kept.load(Source::elsewhere(&component), &[], &grant).unwrap();
    }
}

#[test]
fn what_computes_too_long_is_ended_at_its_budget_and_else_goes_on() {
    let bomb = bomb(12, 60, 1000);
    assert!(bomb.len() < 400_000, "{}", bomb.len());
    let small = ChildCompiler { cpu: Duration::from_secs(1), ..child() };
    let told = refused(small.clone(), &bomb);
    assert!(told.starts_with("it took more than 1s of computing to compile"), "{told}");
    load(&sandbox(small, Walls::without(Wall::CompileBudget), None), &bomb).unwrap();
}

#[test]
fn what_wants_too_much_memory_is_ended_at_its_budget_and_else_goes_on() {
    let bomb = bomb(1, 60, 5000);
    let small = ChildCompiler { memory: 192 * MIB, ..child() };
    let told = refused(small.clone(), &bomb);
    assert!(told.starts_with("it took more than 192 MiB of memory to compile"), "{told}");
    load(&sandbox(small, Walls::without(Wall::CompileBudget), None), &bomb).unwrap();
}

#[test]
fn what_takes_too_long_by_the_clock_is_ended() {
    let slow = ChildCompiler { wall: Duration::from_millis(1), ..child() };
    let told = refused(slow, &bomb(12, 60, 1000));
    assert!(told.starts_with("it took more than 1ms of time to compile"), "{told}");
}

#[test]
fn a_load_that_fails_leaves_the_sandbox_and_its_releases_whole() {
    let sandbox =
        sandbox(ChildCompiler { wall: Duration::from_millis(1), ..child() }, Walls::default(), None);
    let mine = sandbox.load(&bomb(1, 1, 1), &[], &Grant::default());
    assert!(mine.is_ok(), "what is built here is compiled in this process");
    assert!(load(&sandbox, &bomb(2, 60, 1000)).is_err());
    assert!(sandbox.load(&bomb(1, 1, 2), &[], &Grant::default()).is_ok());
}

#[test]
fn a_compiler_that_is_none_is_told_of() {
    let nowhere = ChildCompiler::new("/nowhere/at/all".into(), Vec::new());
    let told = refused(nowhere, &bomb(1, 1, 1));
    assert!(told.starts_with("the compiler failed: /nowhere/at/all cannot be asked"), "{told}");
    let other = ChildCompiler::new("/bin/true".into(), Vec::new());
    let told = refused(other, &bomb(1, 1, 1));
    assert!(told.starts_with("the compiler failed: it ended with exit status: 0"), "{told}");
    let broken = wasm("(component (core module (func (result i32) i32.const 0)))");
    let damaged = [&broken[..broken.len() - 4], &[0xff; 4]].concat();
    let told = refused(child(), &damaged);
    assert!(told.starts_with("the component cannot be compiled"), "{told}");
}

#[test]
fn the_child_is_no_command_for_people() {
    let program = Path::new(env!("CARGO_BIN_EXE_lockstep"));
    let help = Command::new(program).arg("--help").output().unwrap();
    assert!(!String::from_utf8_lossy(&help.stdout).contains("compile-component"));
    let mut asked = Command::new(program);
    asked.args(["compile-component", "please"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut asked = asked.stderr(Stdio::piped()).spawn().unwrap();
    // It may have ended before it reads.
    let _ = asked.stdin.take().unwrap().write_all(b"x");
    let output = asked.wait_with_output().unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
}
