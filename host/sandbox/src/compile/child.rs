//! The parent's side of compiling in a child: starts it, hands it the component, takes its answer, and
//! ends it when its time is up. The child sets its other limits itself, before it reads anything.

use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use wasmtime::Engine;

use super::inside::{COMPILED, Order, REFUSED};
use crate::engine::{self, Fuel};
use crate::fault::bytes;
use crate::{Error, Wall, Walls};

/// More than any component's machine code, in bytes.
const LARGEST_ANSWER: u64 = 512 << 20;
/// Longer than any compilation, for tests without a budget.
const EVER: Duration = Duration::from_secs(60 * 60);

/// A program that compiles one component and ends: the embedding program itself, called so that it runs
/// [`serve`](super::serve).
#[derive(Clone, Debug)]
pub struct ChildCompiler {
    /// The program.
    pub program: PathBuf,
    /// What it is called with, before the order that it hands to `serve`.
    pub args: Vec<String>,
    /// Memory that it may take, in bytes.
    pub memory: u64,
    /// Time that it may compute, in whole seconds.
    pub cpu: Duration,
    /// Time that it may take altogether.
    pub wall: Duration,
}

impl ChildCompiler {
    /// With the budget that fits any component of an honest toolchain.
    pub fn new(program: PathBuf, args: Vec<String>) -> ChildCompiler {
        let (cpu, wall) = (Duration::from_secs(60), Duration::from_secs(120));
        ChildCompiler { program, args, memory: 2 << 30, cpu, wall }
    }

    /// The machine code of a component, for an engine like this one.
    pub(crate) fn compile(
        &self,
        component: &[u8],
        engine: &Engine,
        fuel: Fuel,
        walls: Walls,
    ) -> Result<Vec<u8>, Error> {
        let has_budget = walls.stands(Wall::CompileBudget);
        let child = self.start(&self.order(fuel, has_budget)).map_err(|why| self.no_compiler(&why))?;
        let wall = if has_budget { self.wall } else { EVER };
        let (answered, status) = talk(child, component, wall).map_err(|why| self.no_compiler(&why))?;
        match answered {
            Ok(Ok(Answer::Compiled { digest, code })) if digest == engine::digest(engine) => Ok(code),
            Ok(Ok(Answer::Compiled { .. })) => Err(Error::Compiler(format!(
                "{} is of another build than this program; put the same one there",
                self.program.display()
            ))),
            Ok(Ok(Answer::Refused(why))) => Err(Error::Compile(why)),
            Ok(Err(_)) => Err(self.died(status)),
            Err(_) => Err(Error::CompileBudget(format!("{:?} of time", self.wall))),
        }
    }

    fn order(&self, fuel: Fuel, has_budget: bool) -> Order {
        let cpu = self.cpu.as_secs() + u64::from(self.cpu.subsec_nanos() > 0);
        Order {
            fuel: fuel == Fuel::Counted,
            memory: has_budget.then_some(self.memory),
            cpu: has_budget.then_some(cpu.max(1)),
        }
    }

    /// The child has no environment, no folder and no files but its pipes.
    fn start(&self, order: &Order) -> io::Result<Child> {
        let order = serde_json::to_string(order)?;
        let mut command = Command::new(&self.program);
        command.args(&self.args).arg(order).env_clear().current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
    }

    fn no_compiler(&self, why: &io::Error) -> Error {
        Error::Compiler(format!("{} cannot be asked: {why}", self.program.display()))
    }

    /// What ended a child that gave no whole answer.
    fn died(&self, status: ExitStatus) -> Error {
        let is = |signal: Signal| status.signal() == Some(signal.as_raw());
        if is(Signal::XCPU) {
            Error::CompileBudget(format!("{:?} of computing", self.cpu))
        } else if is(Signal::ABORT) {
            let memory = usize::try_from(self.memory).unwrap_or(usize::MAX);
            Error::CompileBudget(format!("{} of memory", bytes(memory)))
        } else {
            Error::Compiler(format!("it ended with {status} while it compiled this component"))
        }
    }
}

/// What a child says.
enum Answer {
    /// Machine code, and the digest of the engine that it is for.
    Compiled { digest: [u8; 32], code: Vec<u8> },
    /// The component does not compile.
    Refused(String),
}

/// The child's answer, if one came in time, and how it ended.
type Talked = (Result<io::Result<Answer>, RecvTimeoutError>, ExitStatus);

fn talk(mut child: Child, component: &[u8], wall: Duration) -> io::Result<Talked> {
    let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    let answered = thread::scope(|scope| {
        // A child that ends before it has read all is told of by its answer.
        scope.spawn(move || drop(stdin.write_all(component)));
        let (sender, receiver) = mpsc::channel();
        scope.spawn(move || drop(sender.send(answer(stdout))));
        let answered = receiver.recv_timeout(wall);
        if !matches!(answered, Ok(Err(_))) || !ends_by_itself(&mut child) {
            // It has answered, or has to end. What is done with an error here is done below, by waiting.
            let _ = child.kill();
        }
        answered
    });
    Ok((answered, child.wait()?))
}

/// Whether a child that has closed its mouth ends before long: how it ends says what ended it.
fn ends_by_itself(child: &mut Child) -> bool {
    (0..100).any(|_| {
        thread::sleep(Duration::from_millis(10));
        !matches!(child.try_wait(), Ok(None))
    })
}

fn answer(mut from: impl Read) -> io::Result<Answer> {
    let mut head = [0; 9];
    from.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    let length = u64::from_le_bytes(length);
    if length > LARGEST_ANSWER {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut payload = Vec::new();
    from.take(length).read_to_end(&mut payload)?;
    let is_whole = payload.len() as u64 == length;
    match (kind, payload.split_first_chunk()) {
        (COMPILED, Some((digest, code))) if is_whole => {
            Ok(Answer::Compiled { digest: *digest, code: code.to_vec() })
        }
        (REFUSED, _) if is_whole => Ok(Answer::Refused(String::from_utf8_lossy(&payload).into_owned())),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
