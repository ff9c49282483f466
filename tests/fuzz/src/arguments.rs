//! Arguments of tools and the schemas that they are held against: both are strangers'. What is read has one
//! spelling, which is read as itself; a schema, whatever it holds, is applied in bounded time or refused.

use std::time::{Duration, Instant};

use lockstep_core::grant::tools::{self, Arguments};

/// Far more than a check that was let through takes in any build.
const LONG: Duration = Duration::from_secs(10);

/// A schema, a NUL, and arguments; without a NUL, arguments alone.
pub(crate) fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (schema, text) = text.split_once('\0').unwrap_or(("{}", &text));
    let Ok(arguments) = Arguments::read(text) else { return };
    let again = Arguments::read(arguments.text()).expect("what was read is written so that it is read");
    assert_eq!(again.text(), arguments.text(), "one spelling");
    let Ok(schema) = serde_json::from_str(schema) else { return };
    let begun = Instant::now();
    let _ = tools::check(&schema, &arguments);
    assert!(begun.elapsed() < LONG, "the schema makes too much work");
}
