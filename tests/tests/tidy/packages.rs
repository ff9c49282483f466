//! The packages that cargo resolves for this workspace, held against the table of crates.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Node, NodeDep};

use crate::offence::Offence;
use crate::table::{May, Row};
use crate::tree::{File, root};

/// A package and what it uses. Versions of one name are one package here but for the licences.
#[derive(Clone, Debug, Default)]
pub(crate) struct Package {
    /// Names of what it needs to run or to be built; not what only its tests need.
    pub(crate) uses: BTreeSet<String>,
    /// The licence expression of each version.
    pub(crate) licences: BTreeSet<String>,
    /// It is a crate of this workspace.
    pub(crate) own: bool,
}

/// All packages that are built here, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Packages(pub(crate) BTreeMap<String, Package>);

impl Packages {
    /// What cargo resolves for this machine. It asks no registry, so it can only name what a
    /// build has already fetched: the packages of other platforms are not among them.
    pub(crate) fn of_this_workspace() -> Packages {
        let mut command = MetadataCommand::new();
        let platform = ["--offline", "--locked", "--filter-platform", &host()].map(str::to_owned);
        let metadata = command.current_dir(root()).other_options(platform.to_vec()).exec();
        Packages::of(&metadata.unwrap_or_else(|error| panic!("{error}")))
    }

    fn of(metadata: &Metadata) -> Packages {
        let mut packages = Packages::default();
        for package in &metadata.packages {
            let entry = packages.0.entry(package.name.to_string()).or_default();
            entry.licences.insert(package.license.clone().unwrap_or_default());
            entry.own |= metadata.workspace_members.contains(&package.id);
        }
        for node in &metadata.resolve.as_ref().expect("cargo was asked to resolve").nodes {
            packages
                .0
                .entry(metadata[&node.id].name.to_string())
                .or_default()
                .uses
                .extend(uses(node, metadata));
        }
        packages
    }

    /// The way from a package to another, if there is one: both ends included.
    fn way(&self, from: &str, to: &str) -> Option<Vec<String>> {
        let mut ways = vec![vec![from.to_owned()]];
        let mut seen = BTreeSet::new();
        while let Some(way) = ways.pop() {
            let here = way.last().expect("a way begins somewhere");
            if here == to {
                return Some(way);
            }
            let next = self.0.get(here).into_iter().flat_map(|package| &package.uses);
            let fresh: Vec<_> = next.filter(|name| seen.insert((*name).clone())).collect();
            ways.extend(fresh.into_iter().map(|name| [way.as_slice(), std::slice::from_ref(name)].concat()));
        }
        None
    }

    fn is_own(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|package| package.own)
    }
}

fn uses(node: &Node, metadata: &Metadata) -> BTreeSet<String> {
    let counts = |dep: &&NodeDep| dep.dep_kinds.iter().any(|info| info.kind != DependencyKind::Development);
    node.deps.iter().filter(counts).map(|dep| metadata[&dep.pkg].name.to_string()).collect()
}

fn host() -> String {
    let output = Command::new(env!("CARGO")).arg("-vV").output().expect("cargo runs");
    let text = String::from_utf8(output.stdout).expect("cargo writes text");
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    line.expect("cargo names its host").to_owned()
}

/// Where a crate crosses the line that its row draws.
pub(crate) fn crossed(row: &Row, packages: &Packages, manifests: &[File]) -> Vec<Offence> {
    let path = format!("{}/Cargo.toml", row.folder);
    let manifest = manifests.iter().find(|file| file.path == path).expect("a crate has a manifest");
    let uses = packages.0.get(row.name).map(|package| package.uses.clone()).unwrap_or_default();
    let direct = uses.iter().filter(|name| !is_allowed(row, name, packages)).map(|name| {
        let what = format!("`{}` may not depend on `{name}`; see the table in ARCHITECTURE.md", row.name);
        manifest.offence(manifest.line_of(name), what)
    });
    let ways = row.nowhere.iter().filter_map(|name| packages.way(row.name, name)).map(|way| {
        let what = format!("`{}` must not be reached: {}", way[way.len() - 1], way.join(" > "));
        manifest.offence(manifest.line_of(&way[1]), what)
    });
    direct.chain(ways).collect()
}

fn is_allowed(row: &Row, name: &str, packages: &Packages) -> bool {
    match row.may {
        May::Only(names) => names.contains(&name),
        May::Own(names) if packages.is_own(name) => names.contains(&name),
        May::Own(_) => !row.never.contains(&name),
    }
}

/// Crates of the workspace that no row speaks of, and rows that no crate stands behind.
pub(crate) fn unlisted(packages: &Packages, table: &[Row]) -> Vec<Offence> {
    let own: BTreeSet<&str> =
        packages.0.iter().filter(|(_, package)| package.own).map(|(name, _)| name.as_str()).collect();
    let listed: BTreeSet<&str> = table.iter().map(|row| row.name).collect();
    let difference = own.symmetric_difference(&listed).map(|name| Offence {
        path: "ARCHITECTURE.md".to_owned(),
        line: 1,
        what: format!("`{name}` stands either in the workspace or in the table of tidy, not in both"),
    });
    difference.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offence::{found, none};

    const ROW: Row = Row {
        name: "core",
        folder: "host/core",
        may: May::Own(&["base"]),
        never: &["clap"],
        nowhere: &["tokio"],
        unnamed: &[],
    };

    fn packages(uses: &[(&str, &[&str])]) -> Packages {
        let package = |(name, uses): &(&str, &[&str])| {
            let uses = uses.iter().map(|name| (*name).to_owned()).collect();
            let own = ["core", "base", "server"].contains(name);
            ((*name).to_owned(), Package { uses, licences: BTreeSet::new(), own })
        };
        Packages(uses.iter().map(package).collect())
    }

    fn manifest() -> [File; 1] {
        [File::planted("host/core/Cargo.toml", "[dependencies]\nbase = 1\nclap = 1\nserver = 1\nweb = 1\n")]
    }

    #[test]
    fn a_planted_dependency_is_found_at_its_line() {
        let planted = packages(&[("core", &["base", "clap", "server"]), ("base", &[]), ("server", &[])]);
        let expected = [(3, "may not depend on `clap`"), (4, "may not depend on `server`")];
        found(crossed(&ROW, &planted, &manifest()), &expected);
    }

    #[test]
    fn a_planted_dependency_of_a_dependency_is_found_with_its_way() {
        let planted =
            packages(&[("core", &["base", "web"]), ("web", &["http"]), ("http", &["web", "tokio"])]);
        found(crossed(&ROW, &planted, &manifest()), &[(5, "core > web > http > tokio")]);
    }

    #[test]
    fn what_is_not_on_a_closed_list_is_found() {
        let row = Row { may: May::Only(&["base"]), ..ROW };
        let planted = packages(&[("core", &["base", "web"]), ("web", &[])]);
        found(crossed(&row, &planted, &manifest()), &[(5, "may not depend on `web`")]);
    }

    #[test]
    fn allowed_dependencies_are_no_offence() {
        let planted = packages(&[("core", &["base", "web"]), ("web", &["clap"]), ("base", &["web"])]);
        none(crossed(&ROW, &planted, &manifest()));
    }

    #[test]
    fn a_crate_without_a_row_is_found_and_a_row_without_a_crate() {
        let planted = packages(&[("server", &[]), ("base", &[])]);
        let rows = [ROW, Row { name: "base", ..ROW }];
        found(unlisted(&planted, &rows), &[(1, "`core`"), (1, "`server`")]);
    }

    #[test]
    fn this_workspace_is_read_with_what_its_crates_use() {
        let packages = Packages::of_this_workspace();
        assert!(packages.0["lockstep-core"].uses.contains("wit-parser"));
        assert!(!packages.0["lockstep-core"].uses.contains("proptest"), "only its tests use it");
        assert_eq!(packages.way("lockstep", "wasmtime").map(|way| way[0].clone()), Some("lockstep".into()));
    }
}
