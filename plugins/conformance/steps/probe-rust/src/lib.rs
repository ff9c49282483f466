//! The conformance step in Rust: each handler does what its line in `wit/worlds.wit` says.

use std::time::Duration;

#[lockstep_sdk::step(world = "probe", wit = "../../wit")]
mod handlers {
    use super::Duration;
    use lockstep_sdk::{
        Failure, blob, debug, error, http, info, run, state, timer, tools, trace, updates, warn,
    };

    fn on_echo(event: Echo) -> Result<Echoed, Failure> {
        Ok(Echoed { values: event.values })
    }

    fn on_choose(event: Choose) -> Result<Emits, Failure> {
        match event.way.as_str() {
            "left" => Ok(Left { note: event.note }.into()),
            "right" => Ok(Right { n: 7 }.into()),
            way => Err(Failure::permanent("no-way", format!("there is no way {way}"))),
        }
    }

    fn on_spread(event: Spread) -> Result<Vec<Emits>, Failure> {
        let one = |n: u32| {
            if n.is_multiple_of(2) { Left { note: n.to_string() }.into() } else { Right { n }.into() }
        };
        Ok((0..event.n).map(one).collect())
    }

    fn on_perhaps(event: Perhaps) -> Result<Option<Left>, Failure> {
        Ok(event.give.then(|| Left { note: "given".into() }))
    }

    fn on_quiet(event: Quiet) -> Result<(), Failure> {
        info!("{}", event.note);
        Ok(())
    }

    fn on_fail(event: Fail) -> Result<(), Failure> {
        Err(Failure {
            kind: event.kind,
            code: event.code,
            message: event.message,
            retry_after_ms: event.retry_after_ms,
            details: event.details,
        })
    }

    fn on_crash(event: Crash) -> Result<(), Failure> {
        panic!("{}", event.message)
    }

    fn on_remember(event: Remember) -> Result<Remembered, Failure> {
        let before = state::get(&event.key);
        state::set(&event.key, &event.value);
        state::add("count", event.by);
        state::append("list", &event.value);
        state::delete("gone");
        Ok(Remembered {
            before,
            after: state::get(&event.key),
            keys: state::keys(""),
            page: state::page("list", 0, 10),
        })
    }

    fn on_fetch(event: Fetch) -> Result<Fetched, Failure> {
        let request = http::request(event.method, event.url).header("x-probe", event.header).body(event.body);
        let answer = request.send()?;
        let header = answer.header("x-answer").map(str::to_owned);
        Ok(Fetched { status: answer.status, header, body: answer.text() })
    }

    fn on_use_tool(event: UseTool) -> Result<Used, Failure> {
        let tools = tools::list().into_iter().map(|tool| tool.name).collect();
        Ok(Used { tools, output: tools::call(&event.name, event.arguments)? })
    }

    fn on_show(event: Show) -> Result<(), Failure> {
        updates::publish(&event.name, &event.item);
        trace!("{}", event.line);
        debug!("{}", event.line);
        info!("{}", event.line);
        warn!("{}", event.line);
        error!("{}", event.line);
        Ok(())
    }

    fn on_keep(event: Keep) -> Result<Kept, Failure> {
        let reference = blob::put(&event.bytes)?;
        let beginning = blob::get(&reference, 0, 4)?;
        Ok(Kept { reference, beginning })
    }

    fn on_arm(event: Arm) -> Result<(), Failure> {
        timer::set(&event.name, Duration::from_millis(event.after_ms));
        timer::cancel(&event.not);
        Ok(())
    }

    fn on_ask(event: Ask) -> Result<Known, Failure> {
        let who = run::whoami();
        Ok(Known {
            run: who.run,
            workflow: who.workflow,
            step: who.step,
            attempt: who.attempt,
            has_key: !who.idempotency_key.is_empty(),
            session: who.session,
            now: run::now(),
            random: run::random(event.random).len() as u32,
        })
    }

    fn on_timer_fired(event: TimerFired) -> Result<Left, Failure> {
        Ok(Left { note: event.name })
    }
}
