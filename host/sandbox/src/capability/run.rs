//! `lockstep:step/run`: who am I, what time is it, and chance. Clock and chance are
//! those of the grant.

use sha2::{Digest, Sha256};
use wasmtime_wasi::HostWallClock;

use super::bindings::lockstep::step::run;
use super::random::MOST_RANDOM;
use crate::Identity;
use crate::attempt::Guest;

impl run::Host for Guest {
    fn whoami(&mut self) -> run::Identity {
        let me = &self.identity;
        run::Identity {
            run: me.run.to_string(),
            workflow: me.workflow.to_string(),
            step: me.step.to_string(),
            attempt: me.attempt,
            deadline_ms: me.deadline_ms,
            idempotency_key: idempotency_key(me),
            session: me.session.as_deref().map(str::to_owned),
        }
    }

    fn now(&mut self) -> u64 {
        u64::try_from(self.clock().now().as_millis()).unwrap_or(u64::MAX)
    }

    fn random(&mut self, n: u32) -> Vec<u8> {
        let bytes = self.chance.bytes(n.min(MOST_RANDOM) as usize);
        self.cpu.worked();
        bytes
    }
}

/// The same for every attempt at a delivery, and for no other delivery of any run.
fn idempotency_key(me: &Identity) -> String {
    let named = Sha256::new().chain_update(me.run.as_bytes()).chain_update(me.delivery.to_be_bytes());
    named.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(run: &str, delivery: u64, attempt: u32) -> Identity {
        Identity {
            run: run.into(),
            workflow: "w".into(),
            step: "s".into(),
            delivery,
            attempt,
            now_ms: 0,
            deadline_ms: 0,
            session: None,
        }
    }

    #[test]
    fn the_idempotency_key_is_the_deliverys_and_not_the_attempts() {
        let key = idempotency_key(&identity("a", 1, 1));
        assert_eq!(key.len(), 32);
        assert_eq!(key, idempotency_key(&identity("a", 1, 2)));
        assert_ne!(key, idempotency_key(&identity("a", 2, 1)));
        assert_ne!(key, idempotency_key(&identity("b", 1, 1)));
    }
}
