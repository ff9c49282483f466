//! Lockstep's own commands: `cargo xtask demo` shows what it does, `cargo xtask test` proves it.
//! Both say what they are about to do, install what is missing, and end with one clear line.

mod demo;
mod engine;
mod fuzz;
mod guests;
mod play;
mod servers;
mod services;
mod stage;
mod test;

use std::process::ExitCode;

use stage::say;

const HELP: &str = "\
cargo xtask demo      set up, build the plugins, run the workflows on their real input
cargo xtask test      format, lint, build, test: everything that must hold; `--ci` takes longer
cargo xtask crash     kill a host under load again and again, and count what is lost; `--help`
cargo xtask fuzz      replay the corpus of all fuzz targets for [SECONDS]; `fuzz TARGET SECONDS` looks
                      for new inputs, led by coverage
cargo xtask guests    only build the plugins' components";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["demo"] => demo::run(),
        ["test"] => test::run(test::Size::Quick),
        ["test", "--ci"] => test::run(test::Size::Gate),
        ["guests"] => guests::build(),
        ["fuzz"] => fuzz::replay("60"),
        ["fuzz", seconds] if seconds.parse::<u64>().is_ok() => fuzz::replay(seconds),
        ["fuzz", target, seconds] => fuzz::guided(target, seconds),
        ["crash", ref rest @ ..] => test::crash(rest),
        ["help" | "--help" | "-h"] => {
            say(HELP);
            return ExitCode::SUCCESS;
        }
        _ => {
            say(HELP);
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("\nerror: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
