//! Whether a consumer can read what a producer writes: the by-name rules on two shapes of one
//! event type, with every misfit at once.

use std::fmt;

use super::{Case, Shape};

/// A part of an event on which producer and consumer do not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// From the event to the part: `items[].price`.
    pub path: String,
    /// What the producer writes there.
    pub written: String,
    /// What the consumer reads there.
    pub read: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Misfit { path, written, read } = self;
        match path.is_empty() {
            true => write!(f, "it is written as {written} and read as {read}"),
            false => write!(f, "`{path}` is written as {written} and read as {read}"),
        }
    }
}

impl Shape {
    /// Every place where `consumer` could not read what is written as `self`.
    pub fn misfits(&self, consumer: &Shape) -> Vec<Misfit> {
        let mut misfits = Vec::new();
        compare(self, consumer, "", &mut misfits);
        misfits
    }
}

fn compare(written: &Shape, read: &Shape, path: &str, misfits: &mut Vec<Misfit>) {
    match (written, read) {
        (Shape::Option(written), Shape::Option(read)) => compare(written, read, path, misfits),
        (written, Shape::Option(read)) => compare(written, read, path, misfits),
        (Shape::List(written), Shape::List(read)) => compare(written, read, &format!("{path}[]"), misfits),
        (Shape::FixedList(written, n), Shape::FixedList(read, m)) if n == m => {
            compare(written, read, &format!("{path}[]"), misfits);
        }
        (Shape::FixedList(written, _), Shape::List(read)) => {
            compare(written, read, &format!("{path}[]"), misfits);
        }
        (Shape::Map(key, value), Shape::Map(other, read)) if key == other => {
            compare(value, read, &format!("{path}{{}}"), misfits);
        }
        (Shape::Tuple(written), Shape::Tuple(read)) if written.len() == read.len() => {
            for (i, (written, read)) in written.iter().zip(read).enumerate() {
                compare(written, read, &format!("{path}[{i}]"), misfits);
            }
        }
        (Shape::Record(_), Shape::Record(_)) => records(written, read, path, misfits),
        (Shape::Variant(_), Shape::Variant(_)) => variants(written, read, path, misfits),
        (Shape::Enum(written), Shape::Enum(read)) | (Shape::Flags(written), Shape::Flags(read)) => {
            for name in written.iter().filter(|name| !read.contains(name)) {
                report(path, format!("`{name}` among others"), "names without it".into(), misfits);
            }
        }
        (Shape::Result(ok, err), Shape::Result(read_ok, read_err)) => {
            side(ok.as_deref(), read_ok.as_deref(), &format!("{path}.ok"), misfits);
            side(err.as_deref(), read_err.as_deref(), &format!("{path}.err"), misfits);
        }
        (written, read) if written == read || widens(written, read) => {}
        (written, read) => report(path, written.to_string(), read.to_string(), misfits),
    }
}

fn records(written: &Shape, read: &Shape, path: &str, misfits: &mut Vec<Misfit>) {
    let (Shape::Record(written), Shape::Record(read)) = (written, read) else { return };
    for field in read {
        let path = if path.is_empty() { field.key.clone() } else { format!("{path}.{}", field.key) };
        match written.iter().find(|other| other.key == field.key) {
            Some(other) => compare(&other.shape, &field.shape, &path, misfits),
            None if matches!(field.shape, Shape::Option(_)) => {}
            None => report(&path, "nothing".into(), field.shape.to_string(), misfits),
        }
    }
}

fn variants(written: &Shape, read: &Shape, path: &str, misfits: &mut Vec<Misfit>) {
    let (Shape::Variant(written), Shape::Variant(read)) = (written, read) else { return };
    for Case { name, shape } in written {
        match read.iter().find(|case| case.name == *name) {
            Some(case) => side(shape.as_ref(), case.shape.as_ref(), &format!("{path}.{name}"), misfits),
            None => report(path, format!("`{name}` among others"), "cases without it".into(), misfits),
        }
    }
}

fn side(written: Option<&Shape>, read: Option<&Shape>, path: &str, misfits: &mut Vec<Misfit>) {
    let word = |shape: Option<&Shape>| shape.map_or("nothing".into(), Shape::to_string);
    match (written, read) {
        (Some(written), Some(read)) => compare(written, read, path, misfits),
        (None, None) => {}
        (written, read) => report(path, word(written), word(read), misfits),
    }
}

fn report(path: &str, written: String, read: String, misfits: &mut Vec<Misfit>) {
    misfits.push(Misfit { path: path.to_owned(), written, read });
}

/// Every value of the first is one of the second, and JSON writes them alike.
fn widens(written: &Shape, read: &Shape) -> bool {
    let bits = |shape: &Shape| {
        Some(match shape {
            Shape::U8 => (false, 8),
            Shape::U16 => (false, 16),
            Shape::U32 => (false, 32),
            Shape::U64 => (false, 64),
            Shape::S8 => (true, 8),
            Shape::S16 => (true, 16),
            Shape::S32 => (true, 32),
            Shape::S64 => (true, 64),
            _ => return None,
        })
    };
    match (bits(written), bits(read)) {
        (Some((written_signed, n)), Some((read_signed, m))) => n < m && (read_signed || !written_signed),
        _ => matches!((written, read), (Shape::F32, Shape::F64) | (_, Shape::Json)),
    }
}
