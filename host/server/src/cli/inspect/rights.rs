//! What a component asks for against what a grant gives, right by right.

use std::fs;
use std::path::Path;

use lockstep_core::blob::Digest;
use lockstep_core::contract::{Contract, Support};
use lockstep_core::grant::{Grant, Right, Tie};

use super::{Candidate, Refused, read_grant};
use crate::contract;
use crate::source::unreadable;

/// How a right stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Asked for and granted.
    Granted,
    /// Asked for and not granted.
    Missing,
    /// Granted and not asked for.
    Unused,
    /// Asked for, and nobody can grant it yet.
    Unsupported,
}

impl Standing {
    /// The word that reports use.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Standing::Granted => "granted",
            Standing::Missing => "missing",
            Standing::Unused => "unused",
            Standing::Unsupported => "unsupported",
        }
    }
}

/// A right, or an import that there is none for, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) standing: Standing,
    /// `[state]`; `-` where no table grants it.
    pub(crate) table: String,
    /// The imports that it is for, or the interfaces that are not imported.
    pub(crate) interfaces: Vec<String>,
}

/// Every right that is asked for or granted.
pub(crate) fn rights(contract: &Contract, grant: &Grant) -> Vec<Line> {
    let asked = contract::asked(contract);
    let mut lines: Vec<Line> = Vec::new();
    for right in Right::ALL {
        let of_right = |name: &str| Right::of_import(name) == Some(right);
        let supported = asked.iter().filter(|import| import.support == Support::Now);
        let imports: Vec<_> =
            supported.map(|import| import.name.clone()).filter(|name| of_right(name)).collect();
        let standing = match (imports.is_empty(), grant.has(right)) {
            (true, false) => continue,
            (true, true) => Standing::Unused,
            (false, true) => Standing::Granted,
            (false, false) => Standing::Missing,
        };
        let unused = right.interfaces().iter().map(|name| (*name).to_owned()).collect();
        let interfaces = if imports.is_empty() { unused } else { imports };
        lines.push(Line { standing, table: head(right), interfaces });
    }
    let unsupported = asked.iter().filter(|import| import.support != Support::Now);
    lines.extend(unsupported.map(|import| Line {
        standing: Standing::Unsupported,
        table: "-".to_owned(),
        interfaces: vec![import.name.clone()],
    }));
    lines
}

/// `[state]`, `[[http]]`.
pub(crate) fn head(right: Right) -> String {
    match right.is_list() {
        true => format!("[[{}]]", right.table()),
        false => format!("[{}]", right.table()),
    }
}

/// A component against a grant.
pub(super) struct Against {
    /// The grant's file.
    pub(super) shown: String,
    /// What it says.
    pub(super) grant: Grant,
    /// Right by right.
    pub(super) rights: Vec<Line>,
    /// What the grant says of the component.
    pub(super) tie: Tie,
    /// Whether the digest that it names is the component's.
    pub(super) digest: Option<bool>,
    /// Whether the asks that it names are the component's.
    pub(super) asks: Option<bool>,
    /// The key that signed, or why nobody did.
    pub(super) signer: Result<Option<Digest>, String>,
}

impl Against {
    pub(super) fn read(candidate: &Candidate, path: &Path) -> Result<Against, Refused> {
        let shown = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| Refused::one(unreadable(&shown, &error)))?;
        let grant = read_grant(&text, &shown)?;
        let tie = grant.component.clone().unwrap_or_default();
        Ok(Against {
            rights: rights(&candidate.contract, &grant),
            digest: tie.digest.map(|digest| digest == candidate.digest()),
            asks: tie.asks.map(|asks| asks == contract::asks(&candidate.contract)),
            signer: candidate.signer(&tie, path.parent().unwrap_or(Path::new(""))),
            tie,
            grant,
            shown,
        })
    }

    /// Whether the component could be loaded with the grant.
    pub(super) fn holds(&self) -> bool {
        let is_good = |line: &Line| !matches!(line.standing, Standing::Missing | Standing::Unsupported);
        let is_tied = self.digest != Some(false) && self.asks != Some(false) && self.signer.is_ok();
        is_tied && self.rights.iter().all(is_good)
    }
}
