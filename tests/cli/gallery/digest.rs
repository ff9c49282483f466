//! Hundreds of documents, each in a branch of its own, and one index.

use super::Place;

#[test]
fn hundreds_of_documents_become_the_index_that_another_program_makes_of_them() {
    let place = Place::new("digest", &[]);
    assert!(place.expected("module-heads")["documents"].as_array().unwrap().len() >= 200);
    place.golden();
}

#[test]
fn each_document_is_a_delivery_of_its_own() {
    let place = Place::new("digest", &[]);
    let ended = place.run("module-heads");
    let counted = ended.stderr.matches("  count  done → counted\n").count();
    assert_eq!(
        counted,
        place.expected("module-heads")["documents"].as_array().unwrap().len(),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_document_that_cannot_be_counted_is_told_with_the_reason_and_costs_nothing_else() {
    let ended = Place::new("digest", &[]).run("tea");
    assert_eq!(ended.code, 0);
    assert!(ended.stderr.contains("permanent `no-words`: empty.md has no words"), "{}", ended.stderr);
}
