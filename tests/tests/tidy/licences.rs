//! The licences of everything that is linked, held against `deny.toml`. `cargo deny` does the same
//! and more where it is installed; this runs wherever the tests do, and reads the same file.

use std::collections::BTreeSet;

use serde::Deserialize;
use spdx::{Expression, LicenseReq, Licensee, ParseMode};

use crate::offence::Offence;
use crate::packages::{Package, Packages};
use crate::tree::File;

/// The part of `deny.toml` that is read here.
#[derive(Debug, Deserialize)]
struct Policy {
    licenses: Licences,
    bans: Bans,
}

#[derive(Debug, Deserialize)]
struct Licences {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

/// Licences that one crate may have and no other.
#[derive(Debug, Deserialize)]
struct Exception {
    allow: Vec<String>,
    #[serde(rename = "crate")]
    name: String,
}

#[derive(Debug, Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Debug, Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

/// Licences that are not allowed, exceptions that nothing needs, and banned crates that are there.
pub(crate) fn offences(packages: &Packages, policy: &File) -> Vec<Offence> {
    let rules: Policy =
        toml::from_str(&policy.text).unwrap_or_else(|error| panic!("{}: {error}", policy.path));
    [refused(packages, policy, &rules), unneeded(packages, policy, &rules), banned(packages, policy, &rules)]
        .concat()
}

fn refused(packages: &Packages, policy: &File, rules: &Policy) -> Vec<Offence> {
    let foreign = packages.0.iter().filter(|(_, package)| !package.own);
    let licences = foreign.flat_map(|(name, package)| package.licences.iter().map(move |text| (name, text)));
    let refused = licences.filter(|(name, text)| !is_allowed(text, &allowed(name, rules)));
    let what = |name, text| {
        format!("`{name}` has the licence `{text}`; allow it here with the reason, or leave the crate")
    };
    refused.map(|(name, text)| policy.offence(policy.line_of("allow"), what(name, text))).collect()
}

/// An exception is needed if the crate is there and the general list would not do.
fn unneeded(packages: &Packages, policy: &File, rules: &Policy) -> Vec<Offence> {
    let is_needed = |exception: &&Exception| match packages.0.get(&exception.name) {
        Some(Package { licences, .. }) => {
            licences.iter().any(|text| !is_allowed(text, &rules.licenses.allow))
        }
        None => false,
    };
    let unneeded = rules.licenses.exceptions.iter().filter(|exception| !is_needed(exception));
    let what = |name: &str| format!("nothing needs the exception for `{name}`; take it out");
    unneeded.map(|exception| policy.offence(policy.line_of("exceptions"), what(&exception.name))).collect()
}

fn banned(packages: &Packages, policy: &File, rules: &Policy) -> Vec<Offence> {
    let there = rules.bans.deny.iter().filter(|ban| packages.0.contains_key(&ban.name));
    let what = |ban: &Ban| format!("`{}` is banned and there: {}", ban.name, ban.reason);
    there.map(|ban| policy.offence(policy.line_of("deny"), what(ban))).collect()
}

fn allowed(name: &str, rules: &Policy) -> BTreeSet<String> {
    let own = rules.licenses.exceptions.iter().filter(|exception| exception.name == name);
    own.flat_map(|exception| &exception.allow).chain(&rules.licenses.allow).cloned().collect()
}

/// Of an `OR` one side must be allowed, of an `AND` both; `A WITH B` is a licence of its own.
/// Older crates write `/` for `OR`. No licence is never allowed.
fn is_allowed<'a>(licence: &str, allowed: impl IntoIterator<Item = &'a String>) -> bool {
    let allowed: Vec<Licensee> = allowed.into_iter().map(|text| licensee(text)).collect();
    let is_met = |needed: &LicenseReq| allowed.iter().any(|licensee| licensee.satisfies(needed));
    Expression::parse_mode(licence, ParseMode::LAX).is_ok_and(|expression| expression.evaluate(is_met))
}

fn licensee(text: &str) -> Licensee {
    Licensee::parse(text).unwrap_or_else(|error| panic!("`{text}` in deny.toml is no licence: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offence::{found, none};

    const POLICY: &str = "\
[licenses]
allow = [\"MIT\", \"Apache-2.0 WITH LLVM-exception\"]
exceptions = [{ crate = \"hash\", allow = [\"Zlib\"] }]
[bans]
deny = [{ crate = \"openssl\", reason = \"rustls\" }]
";

    fn packages(licences: &[(&str, &str)]) -> Packages {
        let package = |(name, licence): &(&str, &str)| {
            let licences = BTreeSet::from([(*licence).to_owned()]);
            ((*name).to_owned(), Package { licences, ..Package::default() })
        };
        Packages(licences.iter().map(package).collect())
    }

    fn check(licences: &[(&str, &str)]) -> Vec<Offence> {
        offences(&packages(licences), &File::planted("deny.toml", POLICY))
    }

    #[test]
    fn allowed_licences_and_a_needed_exception_are_no_offence() {
        none(check(&[("a", "GPL-3.0-only OR MIT"), ("b", "GPL-3.0/MIT"), ("hash", "Zlib AND MIT")]));
    }

    #[test]
    fn planted_licences_are_found() {
        let needed = ("hash", "Zlib");
        for (licence, why) in [
            ("GPL-3.0-only", "another licence"),
            ("GPL-3.0-only AND MIT", "both sides of AND"),
            ("Zlib", "an exception is for its crate alone"),
            ("Apache-2.0", "a licence is not the same with an exception and without"),
            ("MIT WITH LLVM-exception", "the same the other way"),
            ("", "none at all"),
            ("no such licence", "what cannot be read"),
        ] {
            assert_eq!(check(&[("planted", licence), needed]).len(), 1, "{licence}: {why}");
        }
    }

    #[test]
    fn a_planted_exception_that_nothing_needs_is_found() {
        found(check(&[("a", "MIT")]), &[(3, "`hash`")]);
        found(check(&[("hash", "MIT OR Zlib")]), &[(3, "`hash`")]);
    }

    #[test]
    fn a_planted_banned_crate_is_found_with_its_reason() {
        found(
            check(&[("openssl", "MIT"), ("hash", "Zlib")]),
            &[(5, "`openssl` is banned and there: rustls")],
        );
    }
}
