//! The first case of a new step: an event with plain values, and what its first code makes of it.

use lockstep_core::contract::{Emits, Handler};
use lockstep_core::event::TypeName;
use lockstep_core::shape::{Field, Shape};
use toml::{Table, Value};

use crate::starter::Origin;
use crate::{Use, World};

/// `cases/first.toml` of a world that takes one event.
pub(super) fn first(world: &World) -> String {
    let Some(handler) = world.contract.handlers.first() else { return String::new() };
    let taken = handler.takes.params().first().map(|param| param.event.clone());
    let event = taken.map(|event| example(world, &event)).unwrap_or_default();
    let emits = emitted(world, handler, &event);
    let answers: String = world.uses().into_iter().map(answer).collect();
    let fields: String = event.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
    format!(
        "case = \"the first case\"\nhandler = \"{}\"\n\n[event]\n{fields}\n{answers}[expect]\nemits = {}\n",
        handler.name,
        Value::Array(emits)
    )
}

/// What the first code asks for, and gets.
fn answer(one: Use) -> &'static str {
    match one {
        Use::Http => {
            "[[http]]\nurl = \"https://api.example.com/\"\nanswer = { status = 200, body = \"hello\" }\n\n"
        }
        Use::Tools => "[[tools]]\nname = \"read_text_file\"\nanswer = { output = \"some text\" }\n\n",
        _ => "",
    }
}

fn emitted(world: &World, handler: &Handler, event: &Table) -> Vec<Value> {
    let Some(first) = world.first(handler) else { return Vec::new() };
    let mut fields = Table::new();
    for (field, origin) in &first.fields {
        let value = match origin {
            Origin::Copied => event.get(&field.key).cloned(),
            Origin::Plainest => plainest(&field.shape),
        };
        fields.extend(value.map(|value| (field.key.clone(), value)));
    }
    let mut one = Table::new();
    one.insert(first.event.name.clone(), Value::Table(fields));
    match handler.gives {
        Emits::Nothing => Vec::new(),
        _ => vec![Value::Table(one)],
    }
}

fn example(world: &World, event: &TypeName) -> Table {
    let fields = world.fields(event).iter();
    fields.filter_map(|field| Some((field.key.clone(), of_field(field)?))).collect()
}

/// A text says which field it is, a number is 1; all else is as plain as it can be.
fn of_field(field: &Field) -> Option<Value> {
    use Shape::{F32, F64, S8, S16, S32, S64, String, U8, U16, U32, U64};
    match &field.shape {
        String => Some(Value::String(field.name.replace('-', " "))),
        S8 | U8 | S16 | U16 | S32 | U32 | S64 | U64 => Some(Value::Integer(1)),
        F32 | F64 => Some(Value::Float(1.0)),
        shape => plainest(shape),
    }
}

/// The plainest value of a shape; none for an option, which is left away.
fn plainest(shape: &Shape) -> Option<Value> {
    Some(match shape {
        Shape::Bool => Value::Boolean(false),
        Shape::F32 | Shape::F64 => Value::Float(0.0),
        Shape::Char => Value::String(" ".into()),
        Shape::String | Shape::Bytes => Value::String(String::new()),
        Shape::Json => Value::Table(Table::new()),
        Shape::List(_) | Shape::Flags(_) | Shape::Map(..) => Value::Array(Vec::new()),
        Shape::FixedList(inner, n) => Value::Array((0..*n).map(|_| plainest(inner)).collect::<Option<_>>()?),
        Shape::Tuple(shapes) => Value::Array(shapes.iter().map(plainest).collect::<Option<_>>()?),
        Shape::Record(fields) => Value::Table(
            fields.iter().filter_map(|field| Some((field.key.clone(), plainest(&field.shape)?))).collect(),
        ),
        Shape::Enum(cases) => Value::String(cases.first()?.clone()),
        Shape::Variant(cases) => {
            let case = cases.first()?;
            match case.shape.as_ref().and_then(plainest) {
                Some(value) => Value::Table([(case.name.clone(), value)].into_iter().collect()),
                None => Value::String(case.name.clone()),
            }
        }
        Shape::Result(ok, _) => {
            let value = ok.as_deref().and_then(plainest).unwrap_or(Value::Table(Table::new()));
            Value::Table([("ok".to_owned(), value)].into_iter().collect())
        }
        Shape::Option(_) => return None,
        _ => Value::Integer(0),
    })
}
