//! JSON text, read by its plan.
