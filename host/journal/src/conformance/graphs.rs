//! Checks of the graphs that are kept beside the runs.

use lockstep_core::event::Json;
use lockstep_core::journal::Journal;
use lockstep_core::workflow::{Graph, Revision};

use super::hostile::{TEXTS, values};
use super::{commit, wait, write};

/// Byte for byte, whatever the revision is called.
pub fn a_graph_comes_back_as_it_was_kept(journal: &dyn Journal) {
    let graphs: Vec<Graph> =
        values().iter().zip(TEXTS).map(|(json, revision)| graph(revision, json)).collect();
    graphs.iter().for_each(|graph| keep(journal, graph));
    for graph in &graphs {
        assert!(kept(journal, graph.revision.as_str()).as_ref() == Some(graph), "{:?}", graph.revision);
    }
}

/// A run of that revision does not make it one.
pub fn a_graph_that_was_not_kept_is_not_there(journal: &dyn Journal) {
    write(journal, vec![commit(1, 1..=1)]);
    keep(journal, &graph("r2", "{}"));
    for revision in ["r1", "", "R2", "r", "r22"] {
        assert_eq!(kept(journal, revision), None);
    }
}

/// A revision has one graph for ever.
pub fn a_graph_that_is_kept_stays(journal: &dyn Journal) {
    for json in [r#"{"first":1}"#, r#"{"second":2}"#] {
        keep(journal, &graph("r1", json));
        assert_eq!(kept(journal, "r1"), Some(graph("r1", r#"{"first":1}"#)));
    }
}

fn graph(revision: &str, json: &str) -> Graph {
    Graph { revision: Revision::named(revision), json: Json::trusted(json) }
}

fn keep(journal: &dyn Journal, graph: &Graph) {
    wait(journal.keep(graph)).expect("a graph can be kept");
}

fn kept(journal: &dyn Journal, revision: &str) -> Option<Graph> {
    wait(journal.graph(&Revision::named(revision))).expect("graphs can be read")
}
