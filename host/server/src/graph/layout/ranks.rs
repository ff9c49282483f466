//! Which column each box stands in: one further than the furthest box that a link comes from.
//! Links that close a cycle count the other way round.

use std::collections::VecDeque;

/// The column of each box, and whether each link runs backwards. Links of a box to itself have no
/// say.
pub(super) fn ranks(boxes: usize, links: &[(usize, usize)]) -> (Vec<usize>, Vec<bool>) {
    let backward = backward(boxes, links);
    let turned = links.iter().zip(&backward).filter(|((from, to), _)| from != to);
    let forward: Vec<_> =
        turned.map(|(&(from, to), back)| if *back { (to, from) } else { (from, to) }).collect();
    (longest_ways(boxes, &forward), backward)
}

#[derive(Clone, Copy, PartialEq)]
enum Seen {
    Never,
    OnThisWay,
    Before,
}

/// The links that lead back onto the way that a walk through the boxes, first to last, is on.
fn backward(boxes: usize, links: &[(usize, usize)]) -> Vec<bool> {
    let (mut backward, mut seen) = (vec![false; links.len()], vec![Seen::Never; boxes]);
    let out = |from| (0..links.len()).filter(move |link| links[*link].0 == from);
    for root in 0..boxes {
        let mut way = Vec::new();
        if seen[root] == Seen::Never {
            seen[root] = Seen::OnThisWay;
            way.push((root, out(root)));
        }
        while let Some((at, rest)) = way.last_mut() {
            let Some(link) = rest.next() else {
                seen[*at] = Seen::Before;
                way.pop();
                continue;
            };
            let to = links[link].1;
            backward[link] = seen[to] == Seen::OnThisWay;
            if seen[to] == Seen::Never {
                seen[to] = Seen::OnThisWay;
                way.push((to, out(to)));
            }
        }
    }
    backward
}

fn longest_ways(boxes: usize, forward: &[(usize, usize)]) -> Vec<usize> {
    let (mut ranks, mut waits) = (vec![0; boxes], vec![0; boxes]);
    forward.iter().for_each(|(_, to)| waits[*to] += 1);
    let mut ready: VecDeque<usize> = (0..boxes).filter(|at| waits[*at] == 0).collect();
    while let Some(at) = ready.pop_front() {
        for &(_, to) in forward.iter().filter(|(from, _)| *from == at) {
            ranks[to] = ranks[to].max(ranks[at] + 1);
            waits[to] -= 1;
            if waits[to] == 0 {
                ready.push_back(to);
            }
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_stands_behind_all_that_lead_to_it() {
        assert_eq!(ranks(4, &[(0, 1), (1, 2), (0, 2), (2, 3)]), (vec![0, 1, 2, 3], vec![false; 4]));
    }

    #[test]
    fn the_link_that_closes_a_cycle_runs_backwards() {
        let links = [(0, 1), (1, 2), (2, 1), (2, 3), (3, 0)];
        assert_eq!(ranks(4, &links), (vec![0, 1, 2, 3], vec![false, false, true, false, true]));
    }

    #[test]
    fn a_link_of_a_box_to_itself_moves_nothing() {
        assert_eq!(ranks(2, &[(0, 0), (0, 1), (1, 1)]).0, [0, 1]);
    }
}
