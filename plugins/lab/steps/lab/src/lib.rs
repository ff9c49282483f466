//! A guest that behaves as badly as a test asks it to.

use std::hint::black_box;

#[lockstep_sdk::step(world = "lab", wit = "../../wit")]
mod handlers {
    use super::{black_box, descend, exhaust, spin};
    use lockstep_sdk::{Failure, info, run};

    fn on_echo(event: Echo) -> Result<Echoed, Failure> {
        Ok(Echoed { text: event.text, n: event.n })
    }

    fn on_panic(event: Panic) -> Result<(), Failure> {
        panic!("{}", event.text)
    }

    fn on_spin(event: Spin) -> Result<(), Failure> {
        spin(event.seed)
    }

    fn on_hog(event: Hog) -> Result<(), Failure> {
        exhaust(event.block as usize)
    }

    fn on_flood(event: Flood) -> Result<Vec<Drop>, Failure> {
        let pad = "~".repeat(event.bytes as usize);
        Ok((0..event.n).map(|n| Drop { n, pad: pad.clone() }).collect())
    }

    fn on_shout(event: Shout) -> Result<(), Failure> {
        let line = "a".repeat(event.bytes as usize);
        (0..event.lines).for_each(|_| info!("{line}"));
        Ok(())
    }

    fn on_fail(event: Fail) -> Result<Recovered, Failure> {
        let attempt = run::whoami().attempt;
        match event.recovers {
            Some(recovers) if attempt >= recovers => Ok(Recovered { attempt }),
            _ => Err(Failure {
                kind: event.kind,
                code: event.code,
                message: event.message,
                retry_after_ms: event.retry_after_ms,
                details: event.details,
            }),
        }
    }

    fn on_recurse(event: Recurse) -> Result<(), Failure> {
        black_box(descend(event.depth));
        Ok(())
    }
}

fn spin(seed: u64) -> ! {
    let mut n = seed;
    loop {
        n = black_box(n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
}

fn exhaust(block: usize) -> ! {
    let mut blocks = Vec::new();
    loop {
        blocks.push(black_box(vec![1u8; block.max(1)]));
    }
}

/// Each frame needs the answer of the next, so no compiler makes a loop of it.
#[inline(never)]
fn descend(depth: u64) -> u64 {
    match depth {
        0 => 1,
        _ => black_box(descend(black_box(depth - 1))).wrapping_mul(3).wrapping_add(depth),
    }
}
