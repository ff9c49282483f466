//! What an attempt writes: bounded while it comes in. Lines of `lockstep:step/log` and of WASI's
//! stdout and stderr stand together in the order they came.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::meter::Room;
use crate::{Level, LogLine};

/// Newest lines that are kept whatever the bound, since the last ones tell why a guest died.
const TAIL_LINES: usize = 8;
const TAIL_BYTES: usize = 1024;
/// A line of output without an end is cut here.
const LONGEST_PART: usize = 16 << 10;
/// What a kept line costs beside its text, so that empty lines are not free.
const LINE_COST: usize = std::mem::size_of::<LogLine>();

/// The log of one attempt, shared with its output streams.
#[derive(Clone, Debug)]
pub(crate) struct Log(Arc<Mutex<Lines>>);

#[derive(Debug)]
struct Lines {
    kept: Vec<LogLine>,
    left: usize,
    /// What the whole attempt may hold.
    room: Room,
    dropped: u64,
    tail: VecDeque<LogLine>,
    /// What stdout and stderr have written since their last newline.
    parts: [(Level, Vec<u8>); 2],
}

/// An output stream of the guest.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Output {
    Stdout,
    Stderr,
}

impl Log {
    /// Keeps so many bytes, as far as the attempt has room for them.
    pub(crate) fn new(bytes: usize, room: Room) -> Log {
        Log(Arc::new(Mutex::new(Lines {
            kept: Vec::new(),
            left: bytes,
            room,
            dropped: 0,
            tail: VecDeque::new(),
            parts: [(Level::Info, Vec::new()), (Level::Warn, Vec::new())],
        })))
    }

    pub(crate) fn line(&self, level: Level, message: String) {
        self.lines().add(LogLine { level, message });
    }

    pub(crate) fn output(&self, from: Output, bytes: &[u8]) {
        let mut lines = self.lines();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            lines.piece(from as usize, piece);
        }
    }

    /// The newest lines, oldest first, joined: what a dying guest said.
    pub(crate) fn last_words(&self) -> String {
        let mut lines = self.lines();
        lines.end_parts();
        let grave = lines.tail.iter().filter(|line| line.level >= Level::Warn);
        grave.map(|line| line.message.trim_end()).collect::<Vec<_>>().join("\n")
    }

    /// All that was kept, with a last line about what was not.
    pub(crate) fn finish(&self) -> Vec<LogLine> {
        let mut lines = self.lines();
        lines.end_parts();
        let mut kept = std::mem::take(&mut lines.kept);
        if lines.dropped > 0 {
            let message = format!("{} more lines were dropped: the log is full", lines.dropped);
            kept.push(LogLine { level: Level::Warn, message });
        }
        kept
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn add(&mut self, line: LogLine) {
        self.remember(&line);
        let cost = line.message.len() + LINE_COST;
        match self.left.checked_sub(cost).filter(|_| self.room.take(cost)) {
            Some(left) => {
                self.left = left;
                self.kept.push(line);
            }
            None => self.dropped += 1,
        }
    }

    fn remember(&mut self, line: &LogLine) {
        if self.tail.len() == TAIL_LINES {
            self.tail.pop_front();
        }
        let end = line.message.floor_char_boundary(TAIL_BYTES);
        self.tail.push_back(LogLine { level: line.level, message: line.message[..end].to_owned() });
    }

    fn piece(&mut self, from: usize, piece: &[u8]) {
        let part = &mut self.parts[from].1;
        part.extend_from_slice(piece.strip_suffix(b"\n").unwrap_or(piece));
        if piece.ends_with(b"\n") || part.len() >= LONGEST_PART {
            self.end_part(from);
        }
    }

    fn end_part(&mut self, from: usize) {
        let (level, part) = &mut self.parts[from];
        let (level, part) = (*level, std::mem::take(part));
        self.add(LogLine { level, message: String::from_utf8_lossy(&part).into_owned() });
    }

    fn end_parts(&mut self) {
        for from in 0..self.parts.len() {
            if !self.parts[from].1.is_empty() {
                self.end_part(from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(bytes: usize) -> Log {
        Log::new(bytes, Room::new(usize::MAX))
    }

    fn texts(log: &Log) -> Vec<String> {
        log.finish().into_iter().map(|line| line.message).collect()
    }

    #[test]
    fn output_becomes_lines_however_it_is_cut() {
        let log = log(1000);
        for piece in ["on", "e\ntwo\n\nth", "ree"] {
            log.output(Output::Stdout, piece.as_bytes());
        }
        assert_eq!(texts(&log), ["one", "two", "", "three"]);
    }

    #[test]
    fn a_full_log_says_so_and_still_knows_the_last_words() {
        let log = log(2 * LINE_COST + 10);
        for n in 0..5 {
            log.line(Level::Error, format!("line {n}"));
        }
        assert_eq!(texts(&log), ["line 0", "4 more lines were dropped: the log is full"]);
        assert_eq!(log.last_words(), "line 0\nline 1\nline 2\nline 3\nline 4");
    }

    #[test]
    fn empty_lines_are_not_free() {
        let log = log(10 * LINE_COST);
        log.output(Output::Stderr, &[b'\n'; 100_000]);
        assert_eq!(log.finish().len(), 11);
    }

    #[test]
    fn a_log_keeps_no_more_than_its_attempt_may_hold() {
        let log = Log::new(1000, Room::new(LINE_COST + 3));
        log.line(Level::Info, "one".into());
        log.line(Level::Info, "two".into());
        assert_eq!(texts(&log), ["one", "1 more lines were dropped: the log is full"]);
    }
}
