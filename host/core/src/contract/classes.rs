//! The classes of imports: one table, by package, interface and version track.

use semver::Version;

use super::{Class, Import, Support};

/// Package, interface (`*`: all of the package), major.minor, class, support.
type Row = (&'static str, &'static str, (u64, u64), Class, Support);

const TABLE: &[Row] = &[
    ("wasi:io", "*", (0, 2), Class::Inert, Support::Now),
    ("wasi:cli", "*", (0, 2), Class::Inert, Support::Now),
    ("wasi:clocks", "*", (0, 2), Class::Inert, Support::Now),
    ("wasi:random", "*", (0, 2), Class::Inert, Support::Now),
    ("wasi:filesystem", "*", (0, 2), Class::Inert, Support::Now),
    ("wasi:sockets", "*", (0, 2), Class::Inert, Support::Now),
    ("lockstep:step", "types", (0, 1), Class::Free, Support::Now),
    ("lockstep:step", "log", (0, 1), Class::Free, Support::Now),
    ("lockstep:step", "run", (0, 1), Class::Free, Support::Now),
    ("lockstep:step", "timer", (0, 1), Class::Free, Support::Now),
    ("lockstep:step", "blob", (0, 1), Class::Free, Support::Now),
    ("lockstep:step", "state", (0, 1), Class::Granted, Support::Now),
    ("lockstep:step", "updates", (0, 1), Class::Granted, Support::Now),
    ("lockstep:step", "http", (0, 1), Class::Granted, Support::Later),
    ("lockstep:step", "tools", (0, 1), Class::Granted, Support::Later),
    ("lockstep:step", "llm", (0, 1), Class::Granted, Support::Later),
    ("wasi:http", "types", (0, 2), Class::Granted, Support::Later),
    ("wasi:http", "outgoing-handler", (0, 2), Class::Granted, Support::Later),
    ("wasi:keyvalue", "store", (0, 2), Class::Granted, Support::Later),
    ("wasi:config", "store", (0, 2), Class::Granted, Support::Later),
];

/// The class of an imported interface that more than types are used of.
pub(super) fn classify(name: &str) -> Import {
    let row = parts(name).and_then(|(package, interface, version)| {
        TABLE.iter().find(|(known, one, (major, minor), ..)| {
            *known == package
                && (*one == "*" || *one == interface)
                && (version.major, version.minor) == (*major, *minor)
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
            ("lockstep:step/tools@0.1.0", Class::Granted, Support::Later),
            ("lockstep:step/teleport@0.1.0", Class::Unknown, Support::Never),
            ("wasi:http/outgoing-handler@0.2.0", Class::Granted, Support::Later),
            ("acme:own/things", Class::Unknown, Support::Never),
            ("", Class::Unknown, Support::Never),
        ] {
            assert_eq!(classify(name), Import { name: name.into(), class, support }, "{name}");
        }
    }
}
