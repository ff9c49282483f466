//! Opens a branch for each document: what is returned as a list goes on side by side.

use lockstep_sdk::{Failure, step};

#[step(world = "split", wit = "../../wit")]
fn on_collection(event: Collection) -> Result<Vec<Document>, Failure> {
    Ok(event.documents)
}
