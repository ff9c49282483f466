//! Lines of a stranger, each bounded before it is read. Chunks of bytes go in; out come whole lines, and of
//! what is too long only whose answer it is. It knows no MCP but for the `id` of a message.

use std::future::Future;
use std::io;

use bytes::{Buf, Bytes};

/// What is this many times too long has no end.
const ENDLESS: usize = 4;

/// Where bytes come from.
pub(crate) trait Chunks: Send {
    /// The next ones; none at the end.
    fn chunk(&mut self) -> impl Future<Output = io::Result<Option<Bytes>>> + Send;
}

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line without its end.
    Whole(Vec<u8>),
    /// One that was too long, and the number in its `id` if it is a message with one.
    TooLong(Option<i64>),
    /// One that goes on and on. Nothing can be read after it.
    Endless,
    /// There are no more.
    End,
}

/// Reads lines of at most so many bytes.
pub(crate) struct Lines<C> {
    chunks: C,
    rest: Bytes,
    most: usize,
}

impl<C: Chunks> Lines<C> {
    pub(crate) fn new(chunks: C, most: usize) -> Lines<C> {
        Lines { chunks, rest: Bytes::new(), most }
    }

    /// The next line. What is left after the last end of a line is none.
    pub(crate) async fn next(&mut self) -> io::Result<Line> {
        let mut line = Vec::new();
        while self.more().await? {
            let (part, ended) = self.part();
            if line.len() + part.len() > self.most {
                return self.skip(&line, part, ended).await;
            }
            line.extend_from_slice(&part);
            if ended {
                line.pop_if(|last| *last == b'\r');
                return Ok(Line::Whole(line));
            }
        }
        Ok(Line::End)
    }

    /// Reads to the end of a line that is too long, and keeps nothing of it.
    async fn skip(&mut self, line: &[u8], part: Bytes, mut ended: bool) -> io::Result<Line> {
        let mut id = Id::default();
        let mut read = line.len() + part.len();
        id.read(line);
        id.read(&part);
        while !ended {
            if read > self.most.saturating_mul(ENDLESS) {
                return Ok(Line::Endless);
            }
            if !self.more().await? {
                return Ok(Line::End);
            }
            let (part, last) = self.part();
            id.read(&part);
            read += part.len();
            ended = last;
        }
        Ok(Line::TooLong(id.found))
    }

    /// Whether there are bytes to read.
    async fn more(&mut self) -> io::Result<bool> {
        while self.rest.is_empty() {
            match self.chunks.chunk().await? {
                Some(chunk) => self.rest = chunk,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// What there is of the line, and whether it ends there.
    fn part(&mut self) -> (Bytes, bool) {
        match self.rest.iter().position(|byte| *byte == b'\n') {
            Some(at) => {
                let part = self.rest.split_to(at);
                self.rest.advance(1);
                (part, true)
            }
            None => (std::mem::take(&mut self.rest), false),
        }
    }
}

/// Finds the number in the outermost `id` of JSON that is never held as a whole.
#[derive(Default)]
struct Id {
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// What stood last at the outermost depth: a string, or a number.
    word: Vec<u8>,
    /// The value of `id` is being read.
    is_value: bool,
    found: Option<i64>,
}

impl Id {
    fn read(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.byte(*byte));
    }

    fn byte(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_string => self.escaped = true,
            b'"' => self.quote(),
            byte if self.in_string => self.keep(byte),
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.end_of_value();
                self.depth = self.depth.saturating_sub(1);
            }
            b',' => self.end_of_value(),
            b':' if self.depth == 1 => {
                self.is_value = self.word == b"id";
                self.word.clear();
            }
            byte if !byte.is_ascii_whitespace() => self.keep(byte),
            _ => {}
        }
    }

    fn quote(&mut self) {
        self.in_string = !self.in_string;
        if self.in_string && self.depth == 1 {
            self.word.clear();
        }
    }

    fn keep(&mut self, byte: u8) {
        // No number and no `id` is longer.
        if self.depth == 1 && self.word.len() < 24 {
            self.word.push(byte);
        }
    }

    fn end_of_value(&mut self) {
        if self.depth != 1 {
            return;
        }
        if self.is_value {
            let number = std::str::from_utf8(&self.word).ok().and_then(|word| word.parse().ok());
            self.found = self.found.or(number);
        }
        self.is_value = false;
        self.word.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes in pieces of so many.
    struct Pieces(Bytes, usize);

    impl Chunks for Pieces {
        async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
            let length = self.1.min(self.0.len());
            Ok(Some(self.0.split_to(length)).filter(|piece| !piece.is_empty()))
        }
    }

    async fn read(text: &str, piece: usize, most: usize) -> Vec<Line> {
        let mut lines = Lines::new(Pieces(Bytes::from(text.to_owned()), piece), most);
        let mut all = Vec::new();
        loop {
            let line = lines.next().await.unwrap();
            if line == Line::End {
                return all;
            }
            let is_last = line == Line::Endless;
            all.push(line);
            if is_last {
                return all;
            }
        }
    }

    #[tokio::test]
    async fn lines_are_whole_however_they_come_in_pieces() {
        for piece in 1..8 {
            let all = read("one\r\n\ntwo\nrest", piece, 4).await;
            let whole = ["one", "", "two"].map(|line| Line::Whole(line.into()));
            assert_eq!(all, whole, "{piece}");
        }
    }

    #[tokio::test]
    async fn of_what_is_too_long_only_the_id_is_known() {
        for (text, id) in [
            (r#"{"jsonrpc":"2.0","id":7,"result":{"id":9}}"#, Some(7)),
            (r#"{"result":{"id":9,"a":["id",{}]},"jsonrpc":"2.0", "id" : 12 }"#, Some(12)),
            (r#"data: {"result":"\",\"id\":3","id":4}"#, Some(4)),
            (r#"{"method":"id","params":{"id":5},"x":"id"}"#, None),
            (r#"{"id":"seven","result":{}}                    "#, None),
            ("nothing of this is JSON, however long it goes on", None),
        ] {
            for piece in [1, 3, 100] {
                let all = read(&format!("{text}\nshort\n"), piece, 20).await;
                assert_eq!(all, [Line::TooLong(id), Line::Whole("short".into())], "{text}");
            }
        }
    }

    #[tokio::test]
    async fn a_line_that_goes_on_and_on_ends_the_reading() {
        assert_eq!(read(&"a".repeat(1000), 10, 20).await, [Line::Endless]);
    }
}
