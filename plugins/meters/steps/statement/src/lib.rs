//! Puts all letters of a day together, in the order of the meters.

use lockstep_sdk::{Failure, step};

#[step(world = "statement", wit = "../../wit")]
fn on_letters(all: Vec<Letter>) -> Result<Statement, Failure> {
    let mut letters = all;
    letters.sort_by(|one, other| one.meter.cmp(&other.meter));
    let first =
        letters.first().ok_or_else(|| Failure::permanent("no-meters", "there are no meters to bill"))?;
    Ok(Statement {
        day: first.day.clone(),
        households: letters.len() as u32,
        cents: letters.iter().map(|letter| letter.cents).sum(),
        letters,
    })
}
