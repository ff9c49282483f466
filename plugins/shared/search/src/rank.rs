//! Which passages come first.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Passage, words};

/// How soon the same word again counts for less, and how much long passages are held to be longer than they need to
/// be: the usual values of BM25.
const SATURATION: f64 = 1.2;
const LENGTH: f64 = 0.75;

/// The larger, the less the first ranks count for more than the others: the usual value of reciprocal rank fusion.
const FLATNESS: f64 = 60.0;

/// By BM25: how often a passage, or the heading over it, has the words that are looked for, rare ones more than
/// others. The best first; those that have none of them are left out.
pub fn by_words(looked_for: &[String], passages: &[Passage]) -> Vec<usize> {
    let looked_for: BTreeSet<String> = looked_for.iter().flat_map(|text| words(text)).collect();
    let texts: Vec<Vec<String>> =
        passages.iter().map(|passage| words(&format!("{}\n{}", passage.heading, passage.text))).collect();
    let average = texts.iter().map(Vec::len).sum::<usize>() as f64 / texts.len().max(1) as f64;
    let mut scores = vec![0.0; texts.len()];
    for word in &looked_for {
        let count = |text: &Vec<String>| text.iter().filter(|other| *other == word).count() as f64;
        let having = texts.iter().filter(|text| count(text) > 0.0).count() as f64;
        let rarity = (1.0 + (texts.len() as f64 - having + 0.5) / (having + 0.5)).ln();
        for (score, text) in scores.iter_mut().zip(&texts) {
            let (count, length) = (count(text), 1.0 - LENGTH + LENGTH * text.len() as f64 / average);
            *score += rarity * count * (SATURATION + 1.0) / (count + SATURATION * length);
        }
    }
    best_first(&scores, 0.0)
}

/// By the angle between their vectors and that of the question. The best first; those that are less like it than
/// `least` are left out.
pub fn by_vectors(question: &[f32], vectors: &[Vec<f32>], least: f64) -> Vec<usize> {
    let scores: Vec<f64> = vectors.iter().map(|vector| cosine(question, vector)).collect();
    best_first(&scores, least)
}

/// One list of several, by reciprocal rank fusion: what stands high in one of them, and in many of them.
pub fn fused<T: Clone + Ord>(lists: &[Vec<T>]) -> Vec<T> {
    let mut scores: BTreeMap<&T, f64> = BTreeMap::new();
    for (rank, item) in lists.iter().flat_map(|list| list.iter().enumerate()) {
        *scores.entry(item).or_default() += 1.0 / (FLATNESS + rank as f64 + 1.0);
    }
    let (items, scores): (Vec<&T>, Vec<f64>) = scores.into_iter().unzip();
    best_first(&scores, 0.0).into_iter().map(|at| items[at].clone()).collect()
}

fn cosine(one: &[f32], other: &[f32]) -> f64 {
    let product = |one: &[f32], other: &[f32]| -> f64 {
        one.iter().zip(other).map(|(one, other)| f64::from(*one) * f64::from(*other)).sum()
    };
    let lengths = (product(one, one) * product(other, other)).sqrt();
    if lengths > 0.0 { product(one, other) / lengths } else { 0.0 }
}

/// The places of the scores above `least`; of equals the first.
fn best_first(scores: &[f64], least: f64) -> Vec<usize> {
    let mut places: Vec<usize> = (0..scores.len()).filter(|at| scores[*at] > least).collect();
    places.sort_by(|one, other| scores[*other].total_cmp(&scores[*one]));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passages(texts: &[&str]) -> Vec<Passage> {
        let passage =
            |text: &&str| Passage { file: "a".into(), heading: "Cups".into(), text: (*text).into() };
        texts.iter().map(passage).collect()
    }

    fn by(looked_for: &[&str], texts: &[&str]) -> Vec<usize> {
        let looked_for: Vec<String> = looked_for.iter().map(|word| (*word).into()).collect();
        by_words(&looked_for, &passages(texts))
    }

    #[test]
    fn rare_words_and_short_passages_come_first() {
        let texts = ["green tea", "black tea", "tea with milk and sugar and lemon", "coffee"];
        assert_eq!(by(&["tea"], &texts), [0, 1, 2]);
        assert_eq!(by(&["black", "teas"], &texts), [1, 0, 2]);
        assert_eq!(by(&["cup"], &texts)[0], 3, "the heading counts too");
        assert_eq!(by(&["moon"], &texts), [0; 0]);
        assert_eq!(by(&["moon"], &[]), [0; 0]);
    }

    #[test]
    fn vectors_that_point_the_same_way_come_first() {
        let vectors = [vec![0.0, 1.0], vec![2.0, 2.0], vec![3.0, 0.0], vec![-1.0, 0.0], vec![0.0, 0.0]];
        assert_eq!(by_vectors(&[1.0, 0.0], &vectors, 0.1), [2, 1]);
    }

    #[test]
    fn what_stands_high_in_several_lists_comes_first() {
        assert_eq!(fused(&[vec!["a", "b", "c"], vec!["b", "d"]]), ["b", "a", "d", "c"]);
        assert_eq!(fused::<&str>(&[vec![], vec![]]), [""; 0]);
    }
}
