//! An event: a typed value that moves through a run. Its type is a WIT record, named by package,
//! interface and version; its value is JSON text, kept as the producer wrote it and adapted by
//! name to each consumer's own record.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use semver::Version;
use serde::{Deserialize, Serialize};

/// The full name of an event type: `shop:refunds/events/refund-requested@1.0.0`. The journal stores
/// it as that text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TypeName {
    /// Namespace and package: `shop:refunds`.
    pub package: String,
    /// The interface that defines the record: `events`.
    pub interface: String,
    /// The record's own name, the short name of the event: `refund-requested`.
    pub name: String,
    /// The package's version, if it has one.
    pub version: Option<Version>,
}

impl TypeName {
    /// Whether a component built against `self` speaks of the same event as one built against
    /// `other`: same names, and versions on one semver track (same major; for 0.x the same minor).
    pub fn is_compatible_with(&self, other: &TypeName) -> bool {
        self.package == other.package
            && self.interface == other.interface
            && self.name == other.name
            && track(self.version.as_ref()) == track(other.version.as_ref())
    }

    /// The name without its version: `shop:refunds/events/refund-requested`.
    pub fn unversioned(&self) -> String {
        format!("{}/{}/{}", self.package, self.interface, self.name)
    }

    /// Whether `text` names this type: its short name, its name without version, or all of it.
    pub fn is_called(&self, text: &str) -> bool {
        text == self.name || text == self.unversioned() || text == self.to_string()
    }
}

fn track(version: Option<&Version>) -> Option<(u64, u64, u64)> {
    version.map(|v| match (v.major, v.minor) {
        (0, 0) => (0, 0, v.patch),
        (0, minor) => (0, minor, 0),
        (major, _) => (major, 0, 0),
    })
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.package, self.interface, self.name)?;
        match &self.version {
            Some(version) => write!(f, "@{version}"),
            None => Ok(()),
        }
    }
}

/// The text is not a full event type name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not an event type; expected `package:name/interface/event@version`")]
pub struct NotATypeName(String);

impl From<TypeName> for String {
    fn from(name: TypeName) -> String {
        name.to_string()
    }
}

impl TryFrom<String> for TypeName {
    type Error = NotATypeName;

    fn try_from(text: String) -> Result<TypeName, NotATypeName> {
        text.parse()
    }
}

impl FromStr for TypeName {
    type Err = NotATypeName;

    fn from_str(text: &str) -> Result<Self, NotATypeName> {
        let bad = || NotATypeName(text.to_owned());
        let (path, version) = match text.split_once('@') {
            Some((path, version)) => (path, Some(version.parse().map_err(|_| bad())?)),
            None => (text, None),
        };
        match path.split('/').collect::<Vec<_>>()[..] {
            [package, interface, name] if package.contains(':') => Ok(TypeName {
                package: package.to_owned(),
                interface: interface.to_owned(),
                name: name.to_owned(),
                version,
            }),
            _ => Err(bad()),
        }
    }
}

/// A point in time: milliseconds since the Unix epoch. Rules never read a clock; they are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// This time and `wait` after it, rounded to whole milliseconds.
    pub fn after(self, wait: std::time::Duration) -> Timestamp {
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        Timestamp(self.0.saturating_add(millis))
    }
}

/// JSON text that was checked where it came in: shared, never parsed again to be passed on.
/// The journal stores it as a string of text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Arc<str>);

impl Json {
    /// Takes over text that its caller knows to be JSON.
    pub fn trusted(text: impl Into<Arc<str>>) -> Json {
        Json(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> TypeName {
        text.parse().unwrap()
    }

    #[test]
    fn a_type_name_reads_as_it_prints() {
        for text in ["shop:refunds/events/refund-requested@1.0.0", "a:b/c/d"] {
            assert_eq!(name(text).to_string(), text);
        }
    }

    #[test]
    fn text_that_is_no_type_name_is_refused() {
        for text in ["", "refund", "a/b/c", "a:b/c", "a:b/c/d@x"] {
            assert_eq!(text.parse::<TypeName>(), Err(NotATypeName(text.into())));
        }
    }

    #[test]
    fn versions_match_on_one_semver_track() {
        for (left, right, same) in [
            ("1.0.0", "1.4.2", true),
            ("1.0.0", "2.0.0", false),
            ("0.1.0", "0.1.9", true),
            ("0.1.0", "0.2.0", false),
            ("0.0.1", "0.0.2", false),
        ] {
            let (a, b) = (name(&format!("a:b/c/d@{left}")), name(&format!("a:b/c/d@{right}")));
            assert_eq!(a.is_compatible_with(&b), same, "{left} and {right}");
        }
        assert!(!name("a:b/c/d").is_compatible_with(&name("a:b/c/d@1.0.0")));
    }
}
