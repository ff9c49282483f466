//! C steps.

use crate::build::Job;
use crate::{Error, File};

/// Writes bindings, glue and SDK into `gen`.
pub(crate) fn generate(job: &Job) -> Result<(), Error> {
    let _ = (job.world, job.progress);
    Ok(())
}

/// The component of a step.
pub(crate) fn build(job: &Job) -> Result<Vec<u8>, Error> {
    Err(Error::Code { step: job.source.name.clone(), told: "not here yet".into() })
}

/// What the author of a new step begins with: the file with its handlers, what its editor needs, a plain test.
pub(crate) fn starter(job: &Job) -> Result<Vec<File>, Error> {
    let _ = job;
    Ok(Vec::new())
}
