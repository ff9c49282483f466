//! Boxes and links as cells in columns. A link has a cell in every column between its ends; one
//! of them is as large as its label, so labels never lie on anything. The cells of a column are
//! ordered to make links cross little, then moved to make them straight.

use super::ranks::ranks;
use super::{Link, Size};

/// How often the order of all columns is gone through.
const ORDERINGS: usize = 24;

/// How often the places in all columns are gone through.
const SETTLINGS: usize = 60;
const STRAIGHTENINGS: usize = 12;

/// Room between two cells of a column: less where only a line passes.
const GAP: f64 = 20.0;
const LINE_GAP: f64 = 12.0;

pub(super) struct Grid {
    /// Boxes first, in their order; then the cells of links.
    pub(super) cells: Vec<Cell>,
    /// The cells of each column, in order. Boxes stand in even ones.
    pub(super) columns: Vec<Vec<usize>>,
    /// For each link, its cells from column to column, boxes included; none if it is a loop.
    pub(super) chains: Vec<Chain>,
    /// The neighbours of each cell, in the column before and in the column after.
    near: [Vec<Vec<usize>>; 2],
}

pub(super) struct Cell {
    pub(super) column: usize,
    pub(super) size: Size,
    /// The middle of it.
    pub(super) y: f64,
    is_box: bool,
}

pub(super) struct Chain {
    pub(super) cells: Vec<usize>,
    /// Which of them holds the label.
    pub(super) label: usize,
    /// The link runs from the last of them to the first.
    pub(super) backward: bool,
}

/// A side of a column.
#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

impl Grid {
    pub(super) fn new(boxes: &[Size], links: &[Link]) -> Grid {
        let ends: Vec<_> = links.iter().map(|link| (link.from, link.to)).collect();
        let (ranks, backward) = ranks(boxes.len(), &ends);
        let cell =
            |(size, rank): (&Size, usize)| Cell { column: 2 * rank, size: *size, y: 0.0, is_box: true };
        let cells: Vec<Cell> = boxes.iter().zip(ranks).map(cell).collect();
        let near = [vec![Vec::new(); cells.len()], vec![Vec::new(); cells.len()]];
        let mut grid = Grid { cells, columns: Vec::new(), chains: Vec::new(), near };
        for (link, backward) in links.iter().zip(backward) {
            let chain = grid.chain(link, backward);
            grid.chains.push(chain);
        }
        grid.fill_columns();
        grid.order();
        grid.settle();
        grid
    }

    fn chain(&mut self, link: &Link, backward: bool) -> Chain {
        let (first, last) = if backward { (link.to, link.from) } else { (link.from, link.to) };
        if first == last {
            return Chain { cells: Vec::new(), label: 0, backward };
        }
        let (from, to) = (self.cells[first].column, self.cells[last].column);
        let middle = ((to - from) / 2 - 1) / 2 * 2 + 1;
        let mut cells = vec![first];
        for column in from + 1..to {
            let size = if column - from == middle { link.label } else { Size { width: 0.0, height: 0.0 } };
            cells.push(self.add(Cell { column, size, y: 0.0, is_box: false }));
        }
        cells.push(last);
        for pair in cells.windows(2) {
            self.near[Side::After as usize][pair[0]].push(pair[1]);
            self.near[Side::Before as usize][pair[1]].push(pair[0]);
        }
        Chain { cells, label: middle, backward }
    }

    fn add(&mut self, cell: Cell) -> usize {
        self.cells.push(cell);
        self.near.iter_mut().for_each(|side| side.push(Vec::new()));
        self.cells.len() - 1
    }

    fn fill_columns(&mut self) {
        let last = self.cells.iter().map(|cell| cell.column).max().unwrap_or_default();
        self.columns = vec![Vec::new(); last + 1];
        for (at, cell) in self.cells.iter().enumerate() {
            self.columns[cell.column].push(at);
        }
    }

    /// Goes forth and back, each time ordering a column by the middle of its cells' neighbours in
    /// the column it comes from, and keeps the order with the fewest crossings.
    fn order(&mut self) {
        let mut best = (self.crossings(), self.columns.clone());
        for turn in 0..ORDERINGS {
            self.order_once(if turn % 2 == 0 { Side::Before } else { Side::After });
            self.exchange();
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.columns.clone());
            }
        }
        self.columns = best.1;
    }

    fn order_once(&mut self, side: Side) {
        for column in self.direction(side) {
            let places = self.places();
            let middle = |at: usize| {
                let near = &self.near[side as usize][at];
                let sum: usize = near.iter().map(|near| places[*near]).sum();
                if near.is_empty() { places[at] as f64 } else { sum as f64 / near.len() as f64 }
            };
            let mut ordered = self.columns[column].clone();
            ordered.sort_by(|left, right| middle(*left).total_cmp(&middle(*right)));
            self.columns[column] = ordered;
        }
    }

    /// Exchanges neighbours in a column wherever that saves a crossing.
    fn exchange(&mut self) {
        for column in 0..self.columns.len() {
            for place in 1..self.columns[column].len() {
                let places = self.places();
                let (upper, lower) = (self.columns[column][place - 1], self.columns[column][place]);
                if self.crossings_of(lower, upper, &places) < self.crossings_of(upper, lower, &places) {
                    self.columns[column].swap(place - 1, place);
                }
            }
        }
    }

    /// How often the links of two cells of a column cross if one stands above the other.
    fn crossings_of(&self, upper: usize, lower: usize, places: &[usize]) -> usize {
        let below = |side: &Vec<Vec<usize>>, from: &usize| {
            side[lower].iter().filter(|to| places[*from] > places[**to]).count()
        };
        self.near.iter().map(|side| side[upper].iter().map(|from| below(side, from)).sum::<usize>()).sum()
    }

    /// The columns in the order that leads away from a side.
    fn direction(&self, side: Side) -> Vec<usize> {
        match side {
            Side::Before => (0..self.columns.len()).collect(),
            Side::After => (0..self.columns.len()).rev().collect(),
        }
    }

    fn places(&self) -> Vec<usize> {
        let mut places = vec![0; self.cells.len()];
        for column in &self.columns {
            column.iter().enumerate().for_each(|(place, at)| places[*at] = place);
        }
        places
    }

    fn crossings(&self) -> usize {
        let places = self.places();
        let of_column = |column: &Vec<usize>| {
            let after = &self.near[Side::After as usize];
            let links = column.iter().flat_map(|at| after[*at].iter().map(|to| (places[*at], places[*to])));
            let links: Vec<_> = links.collect();
            let later = |at: usize| links[at + 1..].iter();
            (0..links.len())
                .map(|at| later(at).filter(|(from, to)| links[at].0 < *from && links[at].1 > *to).count())
                .sum::<usize>()
        };
        self.columns.iter().map(of_column).sum()
    }

    /// Draws every cell to where its links would be straight, again and again from both sides.
    fn settle(&mut self) {
        for turn in 0..SETTLINGS {
            let sides: &[Side] = match turn % 3 {
                0 => &[Side::Before],
                1 => &[Side::After],
                _ => &[Side::Before, Side::After],
            };
            for column in self.direction(sides[0]) {
                self.settle_column(column, sides);
            }
        }
        for _ in 0..STRAIGHTENINGS {
            self.straighten();
            for column in self.direction(Side::Before) {
                self.settle_column(column, &[Side::Before, Side::After]);
            }
        }
        self.straighten();
    }

    /// Takes the bends out of the middle of each link, as far as its neighbours leave room.
    fn straighten(&mut self) {
        for chain in 0..self.chains.len() {
            let cells = self.chains[chain].cells.clone();
            let mut rest = cells.get(1..cells.len().saturating_sub(1)).unwrap_or_default();
            while !rest.is_empty() {
                let (count, low, high) = self.level_run(rest);
                let wish = rest[..count].iter().map(|at| self.cells[*at].y).sum::<f64>() / count as f64;
                rest[..count].iter().for_each(|at| self.cells[*at].y = wish.max(low).min(high));
                rest = &rest[count..];
            }
        }
    }

    /// How many of these cells could stand level, and between which heights.
    fn level_run(&self, cells: &[usize]) -> (usize, f64, f64) {
        let (mut low, mut high) = self.room(cells[0]);
        let mut count = 1;
        for at in &cells[1..] {
            let room = self.room(*at);
            if low.max(room.0) > high.min(room.1) {
                break;
            }
            (low, high) = (low.max(room.0), high.min(room.1));
            count += 1;
        }
        (count, low, high)
    }

    /// Between which heights a cell may stand without pushing its neighbours in the column.
    fn room(&self, at: usize) -> (f64, f64) {
        let column = &self.columns[self.cells[at].column];
        let place = column.iter().position(|cell| *cell == at).expect("a cell stands in its column");
        let above = place.checked_sub(1).map(|above| &self.cells[column[above]]);
        let below = column.get(place + 1).map(|below| &self.cells[*below]);
        (
            above.map_or(f64::NEG_INFINITY, |above| above.y + distance(above, &self.cells[at])),
            below.map_or(f64::INFINITY, |below| below.y - distance(&self.cells[at], below)),
        )
    }

    /// The places nearest to what each cell wishes that keep order and distance: with the
    /// distances taken off, that is isotonic regression by pooling adjacent violators (Ayer et
    /// al., An empirical distribution function for sampling with incomplete information, 1955).
    fn settle_column(&mut self, column: usize, sides: &[Side]) {
        let offsets = self.offsets(column);
        let mut pools: Vec<(f64, f64, usize)> = Vec::new();
        for (at, offset) in self.columns[column].iter().zip(&offsets) {
            let (wish, weight) = self.wish(*at, sides);
            let mut pool = (wish - offset, weight, 1);
            while let Some(before) = pools.pop_if(|before| before.0 > pool.0) {
                let weight = before.1 + pool.1;
                pool = ((before.0 * before.1 + pool.0 * pool.1) / weight, weight, before.2 + pool.2);
            }
            pools.push(pool);
        }
        let settled = pools.iter().flat_map(|(y, _, count)| std::iter::repeat_n(*y, *count));
        let settled: Vec<f64> = settled.zip(&offsets).map(|(y, offset)| y + offset).collect();
        for (at, y) in self.columns[column].iter().zip(settled) {
            self.cells[*at].y = y;
        }
    }

    /// How far each cell of a column stands below the first if they are packed.
    fn offsets(&self, column: usize) -> Vec<f64> {
        let mut offset = 0.0;
        let mut before: Option<&Cell> = None;
        let cells = self.columns[column].iter().map(|at| &self.cells[*at]);
        let offsets = cells.map(|cell| {
            offset += before.map_or(0.0, |before| distance(before, cell));
            before = Some(cell);
            offset
        });
        offsets.collect()
    }

    /// Where a cell would like to be, and how much: a bend in the middle of a link is worse than
    /// one at a box.
    fn wish(&self, at: usize, sides: &[Side]) -> (f64, f64) {
        let near = sides.iter().flat_map(|side| &self.near[*side as usize][at]);
        let weigh = |near: &usize| if self.cells[at].is_box || self.cells[*near].is_box { 1.0 } else { 6.0 };
        let (sum, weight) = near.fold((0.0, 0.0), |(sum, weight), near| {
            (sum + self.cells[*near].y * weigh(near), weight + weigh(near))
        });
        if weight == 0.0 { (self.cells[at].y, 0.05) } else { (sum / weight, weight) }
    }
}

/// Between the middles of two neighbours in a column.
fn distance(upper: &Cell, lower: &Cell) -> f64 {
    let gap = if upper.is_box || lower.is_box { GAP } else { LINE_GAP };
    (upper.size.height + lower.size.height) / 2.0 + gap
}
