//! Compares what the languages say: all the same, or a failure that shows the first two that differ.

use lockstep_sdk::{Failure, step};

#[step(world = "compare", wit = "../../wit")]
fn on_all(all: Vec<Echoed>) -> Result<Agreed, Failure> {
    let steps = all.len() as u32;
    let mut said = all.into_iter().map(|echoed| echoed.values);
    let first = said.next().ok_or_else(|| Failure::permanent("silence", "no step has answered"))?;
    match said.find(|values| *values != first) {
        Some(other) => Err(Failure::permanent("disagreement", format!("{first:?} and {other:?}"))),
        None => Ok(Agreed { steps, values: first }),
    }
}
