//! What a server's process complains of, line by line into the log of the host: bounded, without its
//! secrets, and inert.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lockstep_sandbox::Scrubber;
use tokio::io::AsyncReadExt;
use tokio::process::ChildStderr;

/// So much of a line is read; a secret in what is shown is found whole.
const READ: usize = 8 << 10;
/// So much of a line is shown.
const SHOWN: usize = 2 << 10;
/// So many lines are shown in a time.
const LINES: u32 = 100;
/// The time.
const WINDOW: Duration = Duration::from_secs(10);

/// The last line that was said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Last(Arc<Mutex<String>>);

impl Last {
    pub(crate) fn get(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, line: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = line;
    }
}

/// Reads to the end.
pub(crate) async fn follow(server: String, mut stderr: ChildStderr, scrubber: Arc<Scrubber>, last: Last) {
    let (mut line, mut gate) = (Vec::new(), Gate::default());
    let mut chunk = vec![0; READ];
    while let Ok(length @ 1..) = stderr.read(&mut chunk).await {
        for byte in &chunk[..length] {
            match byte {
                b'\n' => tell(&server, &std::mem::take(&mut line), &scrubber, &last, &mut gate),
                byte if line.len() < READ => line.push(*byte),
                _ => {}
            }
        }
    }
    tell(&server, &line, &scrubber, &last, &mut gate);
}

fn tell(server: &str, line: &[u8], scrubber: &Scrubber, last: &Last, gate: &mut Gate) {
    let shown = shown(line, scrubber);
    if shown.is_empty() {
        return;
    }
    last.set(shown.clone());
    match gate.pass(Instant::now()) {
        Passes::Yes => tracing::info!(server, "a server of tools says: {shown}"),
        Passes::TheLast => tracing::warn!(server, "a server of tools says too much; not all of it is shown"),
        Passes::No => {}
    }
}

/// A line as it may be shown.
fn shown(line: &[u8], scrubber: &Scrubber) -> String {
    let text = String::from_utf8_lossy(line);
    let clean = scrubber.text(text.trim_end());
    let end = clean.floor_char_boundary(SHOWN.min(clean.len()));
    clean[..end].escape_debug().to_string()
}

/// Lets so many lines through in a time.
#[derive(Default)]
struct Gate {
    since: Option<Instant>,
    lines: u32,
}

#[derive(Debug, PartialEq, Eq)]
enum Passes {
    Yes,
    TheLast,
    No,
}

impl Gate {
    fn pass(&mut self, now: Instant) -> Passes {
        if self.since.is_none_or(|since| now.duration_since(since) >= WINDOW) {
            *self = Gate { since: Some(now), lines: 0 };
        }
        self.lines = self.lines.saturating_add(1);
        match self.lines {
            ..LINES => Passes::Yes,
            LINES => Passes::TheLast,
            _ => Passes::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_shown_inert_without_secrets_and_in_bounds() {
        let scrubber = Scrubber::new([&b"a secret of it"[..]].into_iter());
        let line = |text: &str| shown(text.as_bytes(), &scrubber);
        assert_eq!(line("\u{1b}[2Jred \u{202e}\r"), "\\u{1b}[2Jred \\u{202e}");
        assert_eq!(line("token=a secret of it"), "token=[secret]");
        assert_eq!(line(&"x".repeat(5000)).len(), SHOWN);
        // At the border of what is shown, too.
        let at_border = format!("{}a secret of it", "x".repeat(SHOWN - 4));
        assert!(!line(&at_border).contains("a se"));
    }

    #[test]
    fn a_flood_of_lines_is_told_once_in_a_time() {
        let (mut gate, now) = (Gate::default(), Instant::now());
        let passed: Vec<_> = (0..1000).map(|_| gate.pass(now)).filter(|it| *it != Passes::No).collect();
        assert_eq!(passed.len(), LINES as usize);
        assert_eq!(passed.last(), Some(&Passes::TheLast));
        assert_eq!(gate.pass(now + WINDOW), Passes::Yes);
    }
}
