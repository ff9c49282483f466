//! Where boxes and links go: a layered layout (Sugiyama, Tagawa, Toda: Methods for visual
//! understanding of hierarchical system structures, 1981). Sizes go in, places come out; it knows
//! neither workflows nor SVG. Own code because the crate that does this, layout-rs, draws lines
//! through labels and cannot be given colours for a dark page.
//!
//! All of it is written for left to right. A plan that would be too wide for a page is made from
//! top to bottom: the same with the axes exchanged.

mod grid;
mod ranks;

use grid::{Chain, Grid};

/// The widest plan that still reads well on a page.
const WIDEST: f64 = 1100.0;

/// Between two columns: room for lines to bend, more where they have far to go.
const BEND: f64 = 26.0;
const STEEP_BEND: f64 = 70.0;

/// How far apart lines leave a box, and how much of its side they leave free.
const PORT_GAP: f64 = 14.0;
const PORT_MARGIN: f64 = 20.0;

/// Room between the loops of a box.
const LOOP_GAP: f64 = 12.0;

/// What an arrow's head takes at the end of its line.
pub(super) const HEAD: f64 = 8.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A link between two boxes, each an index, and the size of its label.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) label: Size,
}

/// Where everything goes.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) size: Size,
    /// The middle of each box.
    pub(super) boxes: Vec<Point>,
    pub(super) routes: Vec<Route>,
}

/// How a link runs.
#[derive(Clone, Debug)]
pub(super) struct Route {
    /// A point to begin at, then three for each cubic curve. It ends [`HEAD`] before its box.
    pub(super) points: Vec<Point>,
    /// The middle of its label.
    pub(super) label: Point,
}

/// Places boxes so that links run from left to right, or from top to bottom if that is narrower
/// and the other too wide.
pub(super) fn place(boxes: &[Size], links: &[Link]) -> Plan {
    let plan = left_to_right(boxes, links);
    if plan.size.width <= WIDEST {
        return plan;
    }
    let boxes: Vec<Size> = boxes.iter().map(|size| size.turned()).collect();
    let links: Vec<Link> = links.iter().map(|link| Link { label: link.label.turned(), ..*link }).collect();
    let turned = left_to_right(&boxes, &links).turned();
    if turned.size.width < plan.size.width { turned } else { plan }
}

fn left_to_right(boxes: &[Size], links: &[Link]) -> Plan {
    let loops = Loops::new(boxes.len(), links);
    let roomy: Vec<Size> = boxes.iter().enumerate().map(|(at, size)| loops.room(at, *size)).collect();
    let grid = Grid::new(&roomy, links);
    let lines = Lines::new(&grid, boxes, &loops);
    let routes = (0..links.len()).map(|link| match grid.chains[link].cells.is_empty() {
        true => lines.around(links[link].from, loops.reach[link]),
        false => lines.along(&grid.chains[link]),
    });
    Plan { size: lines.size, routes: routes.collect(), boxes: lines.boxes.clone() }
}

/// Loops of a box to itself run above it, each around those before it.
struct Loops {
    /// For each link, how far its label's middle is from its box; 0 if it is no loop.
    reach: Vec<f64>,
    /// For each box, how far its loops reach above it, and how wide their labels are.
    rooms: Vec<Size>,
}

impl Loops {
    fn new(boxes: usize, links: &[Link]) -> Loops {
        let mut loops =
            Loops { reach: vec![0.0; links.len()], rooms: vec![Size { width: 0.0, height: 0.0 }; boxes] };
        for (at, link) in links.iter().enumerate().filter(|(_, link)| link.from == link.to) {
            let room = &mut loops.rooms[link.from];
            loops.reach[at] = room.height + LOOP_GAP + link.label.height / 2.0;
            room.height += LOOP_GAP + link.label.height;
            room.width = room.width.max(link.label.width);
        }
        loops
    }

    fn room(&self, at: usize, size: Size) -> Size {
        let room = self.rooms[at];
        Size { width: size.width.max(room.width), height: size.height + room.height }
    }
}

/// A settled grid with its columns side by side.
struct Lines<'a> {
    grid: &'a Grid,
    /// The sizes of the boxes, without their loops.
    sizes: &'a [Size],
    boxes: Vec<Point>,
    /// The left and the right end of each column.
    columns: Vec<(f64, f64)>,
    top: f64,
    size: Size,
}

impl<'a> Lines<'a> {
    fn new(grid: &'a Grid, sizes: &'a [Size], loops: &Loops) -> Lines<'a> {
        let reach = |sign: f64| grid.cells.iter().map(move |cell| sign * cell.y + cell.size.height / 2.0);
        let (top, bottom) = (reach(-1.0).fold(f64::MIN, f64::max), reach(1.0).fold(f64::MIN, f64::max));
        let columns = side_by_side(grid);
        let width = columns.last().map_or(0.0, |(_, right)| *right);
        let middle = |at: usize| (columns[grid.cells[at].column].0 + columns[grid.cells[at].column].1) / 2.0;
        let below_loops = |at: usize| grid.cells[at].y + top + loops.rooms[at].height / 2.0;
        let boxes = (0..sizes.len()).map(|at| Point { x: middle(at), y: below_loops(at) }).collect();
        Lines { grid, sizes, boxes, columns, top, size: Size { width, height: top + bottom } }
    }

    /// From the right of a box through the cells of its link to the left of another.
    fn along(&self, chain: &Chain) -> Route {
        let (first, last) = (chain.cells[0], chain.cells[chain.cells.len() - 1]);
        let between = &chain.cells[1..chain.cells.len() - 1];
        let (near, far) = (between[0], between[between.len() - 1]);
        let (tail, head) = if chain.backward { (HEAD, 0.0) } else { (0.0, HEAD) };
        let start = Point {
            x: self.boxes[first].x + self.sizes[first].width / 2.0 + tail,
            y: self.boxes[first].y + self.port(first, near, |chain| &chain.cells[..2]),
        };
        let end = Point {
            x: self.boxes[last].x - self.sizes[last].width / 2.0 - head,
            y: self.boxes[last].y + self.port(last, far, |chain| &chain.cells[chain.cells.len() - 2..]),
        };
        let stops = match between {
            [label] => vec![Stop::level(start), self.slanted(*label, start, end), Stop::level(end)],
            _ => self.level(start, between, end),
        };
        let mut points = curves(&stops);
        if chain.backward {
            points.reverse();
        }
        let [left, right] = self.through(chain.cells[chain.label]);
        Route { points, label: Point { x: (left.x + right.x) / 2.0, y: left.y } }
    }

    /// A line to the next box needs no level piece: it may go through its label at a slant, no
    /// steeper than either half of it and as far as the label hides it.
    fn slanted(&self, label: usize, start: Point, end: Point) -> Stop {
        let [left, right] = self.through(label);
        let size = self.grid.cells[label].size;
        let at = Point { x: (left.x + right.x) / 2.0, y: left.y };
        let (before, after) = ((at.y - start.y) / (at.x - start.x), (end.y - at.y) / (end.x - at.x));
        let steepest = before.abs().min(after.abs()).min(size.height / size.width.max(1.0));
        Stop { at, slope: if before * after > 0.0 { steepest.copysign(before) } else { 0.0 } }
    }

    /// A longer line is level in every column that it passes: there it lies between other cells.
    fn level(&self, start: Point, between: &[usize], end: Point) -> Vec<Stop> {
        let passed = between.iter().flat_map(|cell| self.through(*cell));
        std::iter::once(start).chain(passed).chain([end]).map(Stop::level).collect()
    }

    /// Where a line enters and leaves the column of a cell.
    fn through(&self, cell: usize) -> [Point; 2] {
        let (left, right) = self.columns[self.grid.cells[cell].column];
        let y = self.grid.cells[cell].y + self.top;
        [Point { x: left, y }, Point { x: right, y }]
    }

    /// How far from the middle of a box the line to a cell leaves it: lines that leave on one side
    /// are spread in the order in which they go on. `end` gives the two cells at the end of a chain.
    fn port(&self, at: usize, to: usize, end: fn(&Chain) -> &[usize]) -> f64 {
        let chains = self.grid.chains.iter().filter(|chain| !chain.cells.is_empty());
        let ends = chains.map(end).filter(|end| end.contains(&at));
        let mut others: Vec<usize> = ends.map(|end| if end[0] == at { end[1] } else { end[0] }).collect();
        others.sort_by(|left, right| self.grid.cells[*left].y.total_cmp(&self.grid.cells[*right].y));
        let place = others.iter().position(|other| *other == to).unwrap_or_default() as f64;
        let steps = others.len().saturating_sub(1).max(1) as f64;
        let gap = PORT_GAP.min((self.sizes[at].height - PORT_MARGIN).max(0.0) / steps);
        (place - (others.len() as f64 - 1.0) / 2.0) * gap
    }

    /// From the top of a box around and back to its top.
    fn around(&self, at: usize, reach: f64) -> Route {
        let (middle, size) = (self.boxes[at], self.sizes[at]);
        let (top, half) = (middle.y - size.height / 2.0, size.width * 0.3);
        let (right, left, apex) = (middle.x + half, middle.x - half, top - reach);
        let [start, end] = [Point { x: right, y: top }, Point { x: left, y: top - HEAD }];
        let turn = Point { x: middle.x, y: apex };
        let points = vec![
            start,
            Point { x: right, y: apex },
            Point { x: right, y: apex },
            turn,
            Point { x: left, y: apex },
            Point { x: left, y: apex },
            end,
        ];
        Route { points, label: turn }
    }
}

/// Every column as wide as its widest cell, with room for the bends between two.
fn side_by_side(grid: &Grid) -> Vec<(f64, f64)> {
    let mut left = 0.0;
    let columns = grid.columns.iter().enumerate().map(|(at, column)| {
        let width = column.iter().map(|cell| grid.cells[*cell].size.width).fold(0.0, f64::max);
        let ends = (left, left + width);
        left += width + (steepest(grid, at) / 3.0).clamp(BEND, STEEP_BEND);
        ends
    });
    columns.collect()
}

/// The longest way up or down that a line has to go after a column.
fn steepest(grid: &Grid, column: usize) -> f64 {
    let pairs = grid.chains.iter().flat_map(|chain| chain.cells.windows(2));
    let here = pairs.filter(|pair| grid.cells[pair[0]].column == column);
    here.map(|pair| (grid.cells[pair[0]].y - grid.cells[pair[1]].y).abs()).fold(0.0, f64::max)
}

/// A point that a line goes through, and how it slopes there.
#[derive(Clone, Copy)]
struct Stop {
    at: Point,
    slope: f64,
}

impl Stop {
    fn level(at: Point) -> Stop {
        Stop { at, slope: 0.0 }
    }

    /// The point of the tangent that lies `reach` to the right.
    fn ahead(self, reach: f64) -> Point {
        Point { x: self.at.x + reach, y: self.at.y + self.slope * reach }
    }
}

/// A smooth line through stops.
fn curves(stops: &[Stop]) -> Vec<Point> {
    let mut points = vec![stops[0].at];
    for pair in stops.windows(2) {
        let half = (pair[1].at.x - pair[0].at.x) / 2.0;
        points.extend([pair[0].ahead(half), pair[1].ahead(-half), pair[1].at]);
    }
    points
}

impl Size {
    fn turned(self) -> Size {
        Size { width: self.height, height: self.width }
    }
}

impl Point {
    fn turned(self) -> Point {
        Point { x: self.y, y: self.x }
    }
}

impl Plan {
    fn turned(self) -> Plan {
        let turned = |points: Vec<Point>| points.into_iter().map(Point::turned).collect();
        let route = |route: Route| Route { points: turned(route.points), label: route.label.turned() };
        Plan {
            size: self.size.turned(),
            boxes: turned(self.boxes),
            routes: self.routes.into_iter().map(route).collect(),
        }
    }
}
