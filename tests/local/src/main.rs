//! One of the servers, from the command line: it prints its address and serves until it is ended.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use lockstep_local::{KEY, Serving, model, payments};

const HELP: &str = "\
a server of this machine that stands where a workflow calls a service

  lockstep-local model      OpenAI's /v1/chat/completions, /v1/embeddings and /v1/models, answered by rules:
                            it is no language model, and says so in every answer
  lockstep-local payments   a bank that takes payouts, POST /v1/payouts, and sends no money

  --port N          where it listens; without it, or with 0, on any port that is free
  --key KEY         what callers must show as `authorization: Bearer KEY` (only-for-this-machine)
  --with-parent     ends when its input ends";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match begin(&arguments) {
        Ok(serving) => serve(&serving, arguments.iter().any(|word| word == "--with-parent")),
        Err(why) => {
            let _ = writeln!(io::stderr(), "{HELP}\n\nerror: {why}");
            ExitCode::from(2)
        }
    }
}

fn begin(arguments: &[String]) -> Result<Serving, String> {
    let after = |name: &str| {
        let at = arguments.iter().position(|word| word == name)?;
        arguments.get(at + 1).cloned()
    };
    let port = after("--port").map_or(Ok(0), |text| text.parse::<u16>());
    let port = port.map_err(|_| "`--port` takes a number from 0 to 65535".to_owned())?;
    let key = after("--key").unwrap_or_else(|| KEY.to_owned());
    let begun = match arguments.first().map(String::as_str) {
        Some("model") => model::begin(port, &key),
        Some("payments") => payments::begin(port, &key),
        _ => return Err("name a server".to_owned()),
    };
    begun.map_err(|error| format!("it cannot listen on port {port}: {error}"))
}

fn serve(serving: &Serving, with_parent: bool) -> ExitCode {
    if writeln!(io::stdout(), "{}", serving.url()).is_err() {
        return ExitCode::FAILURE;
    }
    if with_parent {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        return ExitCode::SUCCESS;
    }
    loop {
        std::thread::park();
    }
}
