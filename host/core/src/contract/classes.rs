//! The classes of imports: one table, by package, interface and version track.

use semver::Version;

use super::{Class, Import, Support};

use Track::{Draft, Minor};

/// Package, interface (`*`: all of the package), versions, class, support.
type Row = (&'static str, &'static str, Track, Class, Support);

/// Which versions of an interface the host links.
enum Track {
    /// All of this major and minor, as components are linked by it.
    Minor(u64, u64),
    /// This draft alone: drafts are compatible with nothing else.
    Draft(&'static str),
}

const TABLE: &[Row] = &[
    ("wasi:io", "*", Minor(0, 2), Class::Inert, Support::Now),
    ("wasi:cli", "*", Minor(0, 2), Class::Inert, Support::Now),
    ("wasi:clocks", "*", Minor(0, 2), Class::Inert, Support::Now),
    ("wasi:random", "*", Minor(0, 2), Class::Inert, Support::Now),
    ("wasi:filesystem", "*", Minor(0, 2), Class::Inert, Support::Now),
    ("wasi:sockets", "*", Minor(0, 2), Class::Inert, Support::Now),
    ("lockstep:step", "types", Minor(0, 1), Class::Free, Support::Now),
    ("lockstep:step", "log", Minor(0, 1), Class::Free, Support::Now),
    ("lockstep:step", "run", Minor(0, 1), Class::Free, Support::Now),
    ("lockstep:step", "timer", Minor(0, 1), Class::Free, Support::Now),
    ("lockstep:step", "blob", Minor(0, 1), Class::Free, Support::Now),
    ("lockstep:step", "state", Minor(0, 1), Class::Granted, Support::Now),
    ("lockstep:step", "updates", Minor(0, 1), Class::Granted, Support::Now),
    ("lockstep:step", "http", Minor(0, 1), Class::Granted, Support::Now),
    ("lockstep:step", "tools", Minor(0, 1), Class::Granted, Support::Now),
    ("lockstep:step", "llm", Minor(0, 1), Class::Granted, Support::Later),
    ("wasi:http", "types", Minor(0, 2), Class::Granted, Support::Now),
    ("wasi:http", "outgoing-handler", Minor(0, 2), Class::Granted, Support::Now),
    ("wasi:keyvalue", "store", Draft("0.2.0-draft"), Class::Granted, Support::Now),
    ("wasi:config", "store", Draft("0.2.0-rc.1"), Class::Granted, Support::Now),
];

impl Track {
    fn has(&self, version: &Version) -> bool {
        match self {
            Minor(major, minor) => {
                (version.major, version.minor) == (*major, *minor) && version.pre.is_empty()
            }
            Draft(draft) => version.to_string() == *draft,
        }
    }
}

/// The class of an imported interface that more than types are used of.
pub(super) fn classify(name: &str) -> Import {
    let row = parts(name).and_then(|(package, interface, version)| {
        TABLE.iter().find(|(known, one, track, ..)| {
            *known == package && (*one == "*" || *one == interface) && track.has(&version)
        })
    });
    let (class, support) = row.map_or((Class::Unknown, Support::Never), |row| (row.3, row.4));
    Import { name: name.to_owned(), class, support }
}

/// An imported interface of which only types are used: whatever it is, it reaches nothing.
pub(super) fn types_only(name: &str) -> Import {
    Import { name: name.to_owned(), class: Class::Types, support: Support::Now }
}

fn parts(name: &str) -> Option<(&str, &str, Version)> {
    let (path, version) = name.split_once('@')?;
    let (package, interface) = path.split_once('/')?;
    Some((package, interface, version.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_classed_by_package_interface_and_version_track() {
        for (name, class, support) in [
            ("wasi:cli/environment@0.2.6", Class::Inert, Support::Now),
            ("wasi:cli/environment@0.3.0", Class::Unknown, Support::Never),
            ("lockstep:step/log@0.1.7", Class::Free, Support::Now),
            ("lockstep:step/log@0.2.0", Class::Unknown, Support::Never),
            ("lockstep:step/state@0.1.0", Class::Granted, Support::Now),
            ("lockstep:step/tools@0.1.0", Class::Granted, Support::Now),
            ("lockstep:step/teleport@0.1.0", Class::Unknown, Support::Never),
            ("lockstep:step/http@0.1.0", Class::Granted, Support::Now),
            ("wasi:http/outgoing-handler@0.2.0", Class::Granted, Support::Now),
            ("wasi:http/types@0.2.6", Class::Granted, Support::Now),
            ("wasi:http/incoming-handler@0.2.0", Class::Unknown, Support::Never),
            ("wasi:http/types@0.2.0-rc-2023-11-10", Class::Unknown, Support::Never),
            ("wasi:keyvalue/store@0.2.0-draft", Class::Granted, Support::Now),
            ("wasi:keyvalue/store@0.2.0-draft2", Class::Unknown, Support::Never),
            ("wasi:keyvalue/atomics@0.2.0-draft", Class::Unknown, Support::Never),
            ("wasi:config/store@0.2.0-rc.1", Class::Granted, Support::Now),
            ("wasi:config/store@0.2.0", Class::Unknown, Support::Never),
            ("acme:own/things", Class::Unknown, Support::Never),
            ("", Class::Unknown, Support::Never),
        ] {
            assert_eq!(classify(name), Import { name: name.into(), class, support }, "{name}");
        }
    }
}
