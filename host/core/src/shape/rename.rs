//! The top-level fields of a value under other names: between the names that a workflow's wiring
//! gives them and those of the event's own type.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{Field, Shape};
use crate::event::Json;

impl Shape {
    /// A value of the workflow, as its own type writes it.
    pub fn inward(&self, value: &Json) -> Json {
        self.renamed(value, |field| (field.key.clone(), own(field)))
    }

    /// A value that its own type has written, as the workflow writes it.
    pub fn outward(&self, value: &Json) -> Json {
        self.renamed(value, |field| (own(field), field.key.clone()))
    }

    fn renamed(&self, value: &Json, names: impl Fn(&Field) -> (String, String)) -> Json {
        let Shape::Record(fields) = self else { return value.clone() };
        let names: BTreeMap<String, String> = fields.iter().map(names).collect();
        if names.iter().all(|(from, to)| from == to) {
            return value.clone();
        }
        let members: BTreeMap<Cow<'_, str>, &RawValue> =
            serde_json::from_str(value.as_str()).unwrap_or_default();
        let renamed: BTreeMap<&str, &RawValue> = members
            .iter()
            .map(|(key, value)| (names.get(&**key).map_or(&**key, String::as_str), *value))
            .collect();
        Json::trusted(serde_json::to_string(&renamed).expect("an object of texts"))
    }
}

/// The JSON key of a field that nobody has renamed.
fn own(field: &Field) -> String {
    field.name.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_go_in_under_their_own_names_and_come_out_under_the_workflows() {
        let mut field = Field::new("unit-price", Shape::U32);
        field.key = "cost".into();
        let shape = Shape::Record(vec![field, Field::new("note", Shape::String)]);
        let outside = Json::trusted(r#"{"cost":5,"note":"a","other":[1]}"#);
        let inside = shape.inward(&outside);
        assert_eq!(inside.as_str(), r#"{"note":"a","other":[1],"unit_price":5}"#);
        assert_eq!(shape.outward(&inside), outside);
    }

    #[test]
    fn a_value_that_nobody_renames_stays_as_it_is_written() {
        let shape = Shape::Record(vec![Field::new("unit-price", Shape::U32)]);
        let value = Json::trusted(r#"{ "unit_price" : 5 }"#);
        assert_eq!(shape.inward(&value), value);
    }
}
