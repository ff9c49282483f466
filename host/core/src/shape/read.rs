//! JSON text, read by its plan: checked, adapted by name, and handed to a [`Build`] piece by piece,
//! with no tree of JSON values between. Fields that the shape does not know are dropped unless the
//! [`Build`] wants none, a missing `option` is none, anything else that does not fit is an error with
//! path, wanted and found.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Case, Field, Shape};
use crate::suggest::did_you_mean;

/// What a reader makes of the pieces it reads. Every piece fits its shape when it is handed over.
pub trait Build {
    /// What is made.
    type Value;
    /// Whether a field that its record does not have is an error.
    fn is_strict(&self) -> bool {
        false
    }
    /// A `bool`.
    fn bool(&self, value: bool) -> Self::Value;
    /// An integer in the range of its shape.
    fn integer(&self, shape: &Shape, value: i128) -> Self::Value;
    /// An `f32` or `f64`.
    fn float(&self, shape: &Shape, value: f64) -> Self::Value;
    /// A `char`.
    fn char(&self, value: char) -> Self::Value;
    /// A `string`, or the text of a `json`.
    fn string(&self, value: Cow<'_, str>) -> Self::Value;
    /// A `list<u8>`.
    fn bytes(&self, value: Vec<u8>) -> Self::Value;
    /// A list of either kind, or a tuple.
    fn sequence(&self, shape: &Shape, items: Vec<Self::Value>) -> Self::Value;
    /// A map.
    fn map(&self, entries: Vec<(Self::Value, Self::Value)>) -> Self::Value;
    /// A record, its values in the order of its fields.
    fn record(&self, fields: &[Field], values: Vec<Self::Value>) -> Self::Value;
    /// A case of a variant.
    fn variant(&self, case: &str, payload: Option<Self::Value>) -> Self::Value;
    /// A case of an enum.
    fn enumeration(&self, case: &str) -> Self::Value;
    /// An option.
    fn option(&self, value: Option<Self::Value>) -> Self::Value;
    /// A result.
    fn result(&self, value: Result<Option<Self::Value>, Option<Self::Value>>) -> Self::Value;
    /// Flags, in the order of the shape.
    fn flags(&self, names: Vec<&str>) -> Self::Value;
}

/// Why text is not a value of its shape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A value that does not fit.
    #[error("{path}: expected {wanted}, found {found}")]
    Misfit {
        /// From the root to the value: `start.items[3].price`.
        path: String,
        /// The type, in WIT's words.
        wanted: String,
        /// The value, cut if it is long.
        found: String,
    },
    /// A field that its record does not have, where that matters.
    #[error("{path}: there is no such field{near}")]
    Unknown {
        /// From the root to the field.
        path: String,
        /// A field that was perhaps meant, as a part of the sentence.
        near: String,
    },
    /// The same key twice in one object.
    #[error("{path}: the key stands twice in one object")]
    Twice {
        /// From the root to the key.
        path: String,
    },
    /// Not JSON, or not the kind of JSON at all.
    #[error("{root}: {why}")]
    Syntax {
        /// What was read.
        root: String,
        /// What the parser found, with line and column.
        why: String,
    },
}

/// Reads `text` as a value of `shape`; `root` is what error paths begin with.
pub fn read<B: Build>(text: &str, root: &str, shape: &Shape, build: &B) -> Result<B::Value, Error> {
    let failure = RefCell::new(None);
    let path = Path { outer: None, step: Step::Root(root) };
    let seed = Seed { shape, build, path: &path, failure: &failure };
    let mut json = serde_json::Deserializer::from_str(text);
    let read = seed.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    read.map_err(|error| match failure.into_inner() {
        Some(misfit) => misfit,
        None if error.is_data() => Error::Syntax { root: root.to_owned(), why: error.to_string() },
        None => Error::Syntax { root: root.to_owned(), why: format!("not JSON: {error}") },
    })
}

/// Whether `text` is a value of `shape`.
pub fn check(text: &str, root: &str, shape: &Shape) -> Result<(), Error> {
    read(text, root, shape, &Check { is_strict: false })
}

/// Whether `text` is a value of `shape` and says nothing that the shape does not know: for what people write.
pub fn check_exactly(text: &str, root: &str, shape: &Shape) -> Result<(), Error> {
    read(text, root, shape, &Check { is_strict: true })
}

/// Makes nothing.
struct Check {
    is_strict: bool,
}

impl Build for Check {
    type Value = ();
    fn is_strict(&self) -> bool {
        self.is_strict
    }
    fn bool(&self, _: bool) {}
    fn integer(&self, _: &Shape, _: i128) {}
    fn float(&self, _: &Shape, _: f64) {}
    fn char(&self, _: char) {}
    fn string(&self, _: Cow<'_, str>) {}
    fn bytes(&self, _: Vec<u8>) {}
    fn sequence(&self, _: &Shape, _: Vec<()>) {}
    fn map(&self, _: Vec<((), ())>) {}
    fn record(&self, _: &[Field], _: Vec<()>) {}
    fn variant(&self, _: &str, _: Option<()>) {}
    fn enumeration(&self, _: &str) {}
    fn option(&self, _: Option<()>) {}
    fn result(&self, _: Result<Option<()>, Option<()>>) {}
    fn flags(&self, _: Vec<&str>) {}
}

/// Where the reader is: a chain on the stack, written out only for an error.
struct Path<'p> {
    outer: Option<&'p Path<'p>>,
    step: Step<'p>,
}

enum Step<'p> {
    Root(&'p str),
    Key(&'p str),
    Index(usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(outer) = self.outer {
            outer.fmt(f)?;
        }
        match self.step {
            Step::Root(root) => f.write_str(root),
            Step::Key(key) => write!(f, ".{key}"),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// One shape at one place.
struct Seed<'a, B> {
    shape: &'a Shape,
    build: &'a B,
    path: &'a Path<'a>,
    failure: &'a RefCell<Option<Error>>,
}

impl<'a, B> Clone for Seed<'a, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<'a, B> Copy for Seed<'a, B> {}

impl<'de, B: Build> DeserializeSeed<'de> for Seed<'_, B> {
    type Value = B::Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<B::Value, D::Error> {
        match self.shape {
            Shape::Json => {
                let raw = <&RawValue>::deserialize(from)?;
                Ok(self.build.string(Cow::Borrowed(raw.get())))
            }
            Shape::Option(_) => from.deserialize_option(self),
            _ => from.deserialize_any(self),
        }
    }
}

impl<'a, B: Build> Seed<'a, B> {
    fn inner<'b>(&'b self, shape: &'b Shape, path: &'b Path<'b>) -> Seed<'b, B> {
        Seed { shape, build: self.build, path, failure: self.failure }
    }

    fn at<'b>(&'b self, step: Step<'b>) -> Path<'b> {
        Path { outer: Some(self.path), step }
    }

    fn fail<T, E: serde::de::Error>(&self, error: Error) -> Result<T, E> {
        self.failure.borrow_mut().get_or_insert(error);
        Err(E::custom("does not fit"))
    }

    fn misfit<T, E: serde::de::Error>(&self, found: impl fmt::Display) -> Result<T, E> {
        self.misfit_at(self.path, self.shape, found)
    }

    fn misfit_at<T, E: serde::de::Error>(
        &self,
        path: &Path<'_>,
        shape: &Shape,
        found: impl fmt::Display,
    ) -> Result<T, E> {
        let (path, wanted, found) = (path.to_string(), shape.to_string(), found.to_string());
        self.fail(Error::Misfit { path, wanted, found })
    }

    fn integer<E: serde::de::Error>(self, value: i128, found: impl fmt::Display) -> Result<B::Value, E> {
        match self.shape {
            Shape::F32 | Shape::F64 => self.float(value as f64),
            shape if range(shape).is_some_and(|range| range.contains(&value)) => {
                Ok(self.build.integer(shape, value))
            }
            _ => self.misfit(found),
        }
    }

    fn float<E: serde::de::Error>(self, value: f64) -> Result<B::Value, E> {
        match self.shape {
            Shape::F64 => Ok(self.build.float(self.shape, value)),
            Shape::F32 if !value.is_finite() || (value as f32).is_finite() => {
                Ok(self.build.float(self.shape, value))
            }
            _ => self.misfit(format_args!("{value:?}")),
        }
    }

    fn text<E: serde::de::Error>(self, text: &str) -> Result<B::Value, E> {
        let quoted = || Quoted(text);
        match self.shape {
            Shape::String => Ok(self.build.string(Cow::Borrowed(text))),
            Shape::Enum(cases) if cases.iter().any(|case| case == text) => Ok(self.build.enumeration(text)),
            Shape::Variant(cases) if cases.iter().any(|case| case.name == text && case.shape.is_none()) => {
                Ok(self.build.variant(text, None))
            }
            Shape::Char => match one_char(text) {
                Some(char) => Ok(self.build.char(char)),
                None => self.misfit(quoted()),
            },
            Shape::Bytes => match STANDARD.decode(text) {
                Ok(bytes) => Ok(self.build.bytes(bytes)),
                Err(_) => self.misfit(quoted()),
            },
            Shape::U64 | Shape::S64 => match decimal(text) {
                Some(value) => self.integer(value, quoted()),
                None => self.misfit(quoted()),
            },
            Shape::F32 | Shape::F64 => match special(text) {
                Some(value) => self.float(value),
                None => self.misfit(quoted()),
            },
            _ => self.misfit(quoted()),
        }
    }

    fn items<'de, A: SeqAccess<'de>>(self, mut from: A, shape: &Shape) -> Result<Vec<B::Value>, A::Error> {
        let mut items = Vec::new();
        loop {
            let path = self.at(Step::Index(items.len()));
            match from.next_element_seed(self.inner(shape, &path))? {
                Some(item) => items.push(item),
                None => return Ok(items),
            }
        }
    }

    fn tuple<'de, A: SeqAccess<'de>>(self, mut from: A, shapes: &[Shape]) -> Result<Vec<B::Value>, A::Error> {
        let mut items = Vec::with_capacity(shapes.len());
        for (index, shape) in shapes.iter().enumerate() {
            let path = self.at(Step::Index(index));
            match from.next_element_seed(self.inner(shape, &path))? {
                Some(item) => items.push(item),
                None => return self.misfit(format_args!("an array of {index}")),
            }
        }
        match from.next_element::<IgnoredAny>()? {
            None => Ok(items),
            Some(_) => self.misfit(format_args!("an array of more than {}", shapes.len())),
        }
    }

    fn flags<'de, A: SeqAccess<'de>>(self, mut from: A, names: &[String]) -> Result<B::Value, A::Error> {
        let mut set = vec![false; names.len()];
        while let Some(name) = from.next_element::<Cow<'de, str>>()? {
            match names.iter().position(|known| *known == name) {
                Some(at) => set[at] = true,
                None => return self.misfit(Quoted(&name)),
            }
        }
        let set = names.iter().zip(set).filter(|(_, is_set)| *is_set);
        Ok(self.build.flags(set.map(|(name, _)| name.as_str()).collect()))
    }

    fn byte_array<'de, A: SeqAccess<'de>>(self, mut from: A) -> Result<B::Value, A::Error> {
        let mut bytes = Vec::new();
        while let Some(value) = from.next_element::<u64>()? {
            match u8::try_from(value) {
                Ok(byte) => bytes.push(byte),
                Err(_) => return self.misfit_at(&self.at(Step::Index(bytes.len())), &Shape::U8, value),
            }
        }
        Ok(self.build.bytes(bytes))
    }

    fn pairs<'de, A: SeqAccess<'de>>(self, mut from: A, pair: &Shape) -> Result<B::Value, A::Error> {
        let Shape::Tuple(shapes) = pair else { return self.misfit("an array") };
        let mut entries = Vec::new();
        loop {
            let path = self.at(Step::Index(entries.len()));
            let seed = Pair { seed: self.inner(pair, &path), shapes };
            match from.next_element_seed(seed)? {
                Some(entry) => entries.push(entry),
                None => return Ok(self.build.map(entries)),
            }
        }
    }

    fn object<'de, A: MapAccess<'de>>(self, mut from: A, value: &Shape) -> Result<B::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = from.next_key::<Cow<'de, str>>()? {
            let path = self.at(Step::Key(&key));
            let value = from.next_value_seed(self.inner(value, &path))?;
            entries.push((self.build.string(Cow::Borrowed(&key)), value));
        }
        Ok(self.build.map(entries))
    }

    fn record<'de, A: MapAccess<'de>>(self, mut from: A, fields: &[Field]) -> Result<B::Value, A::Error> {
        let mut values: Vec<Option<B::Value>> = Vec::with_capacity(fields.len());
        values.resize_with(fields.len(), || None);
        let mut expected = 0;
        while let Some(key) = from.next_key::<Cow<'de, str>>()? {
            // Producers write fields in order, so the next one is nearly always the one.
            let is_next = fields.get(expected).is_some_and(|field| field.key == key);
            let at = if is_next { Some(expected) } else { fields.iter().position(|field| field.key == key) };
            let path = self.at(Step::Key(&key));
            let Some(at) = at else {
                if self.build.is_strict() {
                    let near = did_you_mean(&key, fields.iter().map(|field| field.key.as_str()));
                    return self.fail(Error::Unknown { path: path.to_string(), near });
                }
                from.next_value::<IgnoredAny>()?;
                continue;
            };
            if values[at].is_some() {
                return self.fail(Error::Twice { path: path.to_string() });
            }
            values[at] = Some(from.next_value_seed(self.inner(&fields[at].shape, &path))?);
            expected = at + 1;
        }
        let mut all = Vec::with_capacity(fields.len());
        for (field, value) in fields.iter().zip(values) {
            all.push(match (value, &field.shape) {
                (Some(value), _) => value,
                (None, Shape::Option(_)) => self.build.option(None),
                (None, shape) => return self.misfit_at(&self.at(Step::Key(&field.key)), shape, "nothing"),
            });
        }
        Ok(self.build.record(fields, all))
    }

    /// An object of exactly one key, chosen among `known`; what its value is read into.
    fn tagged<'de, A, T>(
        self,
        mut from: A,
        read: impl FnOnce(Self, &str, &mut A) -> Result<T, A::Error>,
    ) -> Result<T, A::Error>
    where
        A: MapAccess<'de>,
    {
        let Some(key) = from.next_key::<Cow<'de, str>>()? else { return self.misfit("an empty object") };
        let value = read(self, &key, &mut from)?;
        match from.next_key::<IgnoredAny>()? {
            None => Ok(value),
            Some(_) => self.misfit("an object of several keys"),
        }
    }

    fn payload<'de, A: MapAccess<'de>>(
        &self,
        key: &str,
        shape: Option<&Shape>,
        from: &mut A,
    ) -> Result<Option<B::Value>, A::Error> {
        let path = self.at(Step::Key(key));
        match shape {
            Some(shape) => from.next_value_seed(self.inner(shape, &path)).map(Some),
            None => match from.next_value::<Option<IgnoredAny>>()? {
                None => Ok(None),
                Some(_) => self.misfit_at(&path, self.shape, "a value where none belongs"),
            },
        }
    }

    fn variant<'de, A: MapAccess<'de>>(self, from: A, cases: &[Case]) -> Result<B::Value, A::Error> {
        self.tagged(from, |seed, key, from| match cases.iter().find(|case| case.name == key) {
            Some(case) => {
                let payload = seed.payload(key, case.shape.as_ref(), from)?;
                Ok(seed.build.variant(&case.name, payload))
            }
            None => seed.misfit(Quoted(key)),
        })
    }

    fn result<'de, A: MapAccess<'de>>(
        self,
        from: A,
        ok: Option<&Shape>,
        err: Option<&Shape>,
    ) -> Result<B::Value, A::Error> {
        self.tagged(from, |seed, key, from| match key {
            "ok" => seed.payload(key, ok, from).map(|value| seed.build.result(Ok(value))),
            "err" => seed.payload(key, err, from).map(|value| seed.build.result(Err(value))),
            other => seed.misfit(Quoted(other)),
        })
    }
}

impl<'de, B: Build> Visitor<'de> for Seed<'_, B> {
    type Value = B::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.shape, f)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<B::Value, E> {
        match self.shape {
            Shape::Bool => Ok(self.build.bool(value)),
            _ => self.misfit(format_args!("{value:?}")),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<B::Value, E> {
        self.integer(value.into(), value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<B::Value, E> {
        self.integer(value.into(), value)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<B::Value, E> {
        self.float(value)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<B::Value, E> {
        self.text(text)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<B::Value, E> {
        match self.shape {
            Shape::Option(_) => Ok(self.build.option(None)),
            _ => self.misfit("null"),
        }
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<B::Value, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<B::Value, D::Error> {
        let Shape::Option(inner) = self.shape else { return self.misfit("a value") };
        let inside = match **inner {
            // A second level of option needs a word of its own: null is taken.
            Shape::Option(_) => from.deserialize_map(Present { seed: self.inner(inner, self.path) })?,
            _ => self.inner(inner, self.path).deserialize(from)?,
        };
        Ok(self.build.option(Some(inside)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, from: A) -> Result<B::Value, A::Error> {
        match self.shape {
            Shape::List(item) => Ok(self.build.sequence(self.shape, self.items(from, item)?)),
            Shape::FixedList(item, length) => {
                let items = self.items(from, item)?;
                match items.len() == *length as usize {
                    true => Ok(self.build.sequence(self.shape, items)),
                    false => self.misfit(format_args!("an array of {}", items.len())),
                }
            }
            Shape::Tuple(shapes) => Ok(self.build.sequence(self.shape, self.tuple(from, shapes)?)),
            Shape::Flags(names) => self.flags(from, names),
            Shape::Bytes => self.byte_array(from),
            Shape::Map(key, value) if **key != Shape::String => {
                self.pairs(from, &Shape::Tuple(vec![(**key).clone(), (**value).clone()]))
            }
            _ => self.misfit("an array"),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, from: A) -> Result<B::Value, A::Error> {
        match self.shape {
            Shape::Record(fields) => self.record(from, fields),
            Shape::Variant(cases) => self.variant(from, cases),
            Shape::Result(ok, err) => self.result(from, ok.as_deref(), err.as_deref()),
            Shape::Map(key, value) if **key == Shape::String => self.object(from, value),
            _ => self.misfit("an object"),
        }
    }
}

/// `{"some": …}` around an inner option.
struct Present<'a, B> {
    seed: Seed<'a, B>,
}

impl<'de, B: Build> Visitor<'de> for Present<'_, B> {
    type Value = B::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object `{{\"some\": …}}` around {}", self.seed.shape)
    }

    fn visit_map<A: MapAccess<'de>>(self, from: A) -> Result<B::Value, A::Error> {
        self.seed.tagged(from, |seed, key, from| match key {
            "some" => from.next_value_seed(seed),
            other => seed.misfit(Quoted(other)),
        })
    }
}

/// One `[key, value]` of a map.
struct Pair<'a, B> {
    seed: Seed<'a, B>,
    shapes: &'a [Shape],
}

impl<'de, B: Build> DeserializeSeed<'de> for Pair<'_, B> {
    type Value = (B::Value, B::Value);

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, B: Build> Visitor<'de> for Pair<'_, B> {
    type Value = (B::Value, B::Value);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of key and value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, from: A) -> Result<Self::Value, A::Error> {
        let mut both = self.seed.tuple(from, self.shapes)?.into_iter();
        match (both.next(), both.next()) {
            (Some(key), Some(value)) => Ok((key, value)),
            _ => self.seed.misfit("an array of less"),
        }
    }
}

/// A text as JSON would quote it, cut if it is long.
struct Quoted<'t>(&'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut: String = self.0.chars().take(60).collect();
        let more = if cut.len() < self.0.len() { "…" } else { "" };
        let quoted = serde_json::to_string(&format!("{cut}{more}")).map_err(|_| fmt::Error)?;
        f.write_str(&quoted)
    }
}

fn range(shape: &Shape) -> Option<std::ops::RangeInclusive<i128>> {
    Some(match shape {
        Shape::U8 => 0..=u8::MAX.into(),
        Shape::U16 => 0..=u16::MAX.into(),
        Shape::U32 => 0..=u32::MAX.into(),
        Shape::U64 => 0..=u64::MAX.into(),
        Shape::S8 => i8::MIN.into()..=i8::MAX.into(),
        Shape::S16 => i16::MIN.into()..=i16::MAX.into(),
        Shape::S32 => i32::MIN.into()..=i32::MAX.into(),
        Shape::S64 => i64::MIN.into()..=i64::MAX.into(),
        _ => return None,
    })
}

fn decimal(text: &str) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = (1..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

fn special(text: &str) -> Option<f64> {
    match text {
        "nan" => Some(f64::NAN),
        "inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

fn one_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}
