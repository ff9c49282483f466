//! `lockstep:step/log`: lines for whoever watches the step, bounded by its `log-bytes`.

use super::bindings::lockstep::step::log;
use crate::Level;
use crate::attempt::Guest;

impl log::Host for Guest {
    fn log(&mut self, level: log::Level, message: String) {
        let level = match level {
            log::Level::Trace => Level::Trace,
            log::Level::Debug => Level::Debug,
            log::Level::Info => Level::Info,
            log::Level::Warn => Level::Warn,
            log::Level::Error => Level::Error,
        };
        self.log.line(level, message);
        self.cpu.worked();
    }
}
