//! Holds the repository to its own rules: ARCHITECTURE's table of crates, the manners of the
//! sources, what every manifest says, the licences of what is linked, the copies of the WIT.
//! Each check looks at all there is and reports every offence at once, by file and line; beside
//! each stands a test that it finds an offence which was planted.

#[path = "tidy/copies.rs"]
mod copies;
#[path = "tidy/licences.rs"]
mod licences;
#[path = "tidy/manifests.rs"]
mod manifests;
#[path = "tidy/offence.rs"]
mod offence;
#[path = "tidy/packages.rs"]
mod packages;
#[path = "tidy/rust.rs"]
mod rust;
#[path = "tidy/sources.rs"]
mod sources;
#[path = "tidy/table.rs"]
mod table;
#[path = "tidy/tree.rs"]
mod tree;

use offence::none;
use packages::Packages;

#[test]
fn crates_depend_only_on_what_the_table_allows() {
    let (packages, manifests) = (Packages::of_this_workspace(), tree::manifests());
    none(table::TABLE.iter().flat_map(|row| packages::crossed(row, &packages, &manifests)));
}

#[test]
fn every_crate_of_the_workspace_stands_in_the_table() {
    none(packages::unlisted(&Packages::of_this_workspace(), &table::TABLE));
}

#[test]
fn sources_name_only_what_the_table_allows() {
    none(sources::in_tree(|source| sources::forbidden_names(source, &table::TABLE)));
}

#[test]
fn only_programs_print() {
    none(sources::in_tree(sources::prints));
}

#[test]
fn every_module_opens_by_saying_what_it_is() {
    none(sources::in_tree(|source| Ok(sources::headless(source))));
}

#[test]
fn no_function_has_to_be_scrolled() {
    none(sources::in_tree(sources::long_functions));
}

#[test]
fn nothing_is_left_to_be_done_later() {
    none(sources::in_tree(sources::unfinished));
}

#[test]
fn every_manifest_takes_from_the_workspace_what_all_share() {
    none(tree::manifests().iter().flat_map(manifests::unshared));
}

#[test]
fn every_version_in_the_workspace_is_bounded() {
    none(manifests::unbounded(&tree::manifest("Cargo.toml")));
}

#[test]
fn every_licence_is_allowed_and_every_exception_needed() {
    let policy = tree::manifest("deny.toml");
    none(licences::offences(&Packages::of_this_workspace(), &policy));
}

#[test]
fn copies_of_the_wit_are_what_they_copy() {
    none(copies::of_the_step_package());
}
