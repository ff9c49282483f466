//! JSON Schema of a shape.
