//! Whether the engine's own type of a value is the shape that the contract names: checked once
//! when a component is loaded, so that no attempt can find them apart.

use lockstep_core::shape::Shape;
use wasmtime::component::Type;

/// Whether values of `ty` and of `shape` are the same values.
pub(crate) fn agrees(ty: &Type, shape: &Shape) -> bool {
    match (ty, shape) {
        (Type::Bool, Shape::Bool)
        | (Type::S8, Shape::S8)
        | (Type::U8, Shape::U8)
        | (Type::S16, Shape::S16)
        | (Type::U16, Shape::U16)
        | (Type::S32, Shape::S32)
        | (Type::U32, Shape::U32)
        | (Type::S64, Shape::S64)
        | (Type::U64, Shape::U64)
        | (Type::Float32, Shape::F32)
        | (Type::Float64, Shape::F64)
        | (Type::Char, Shape::Char)
        | (Type::String, Shape::String | Shape::Json) => true,
        (Type::List(list), Shape::List(item)) => agrees(&list.ty(), item),
        (Type::List(list), Shape::Bytes) => list.ty() == Type::U8,
        (Type::FixedLengthList(list), Shape::FixedList(item, length)) => {
            list.len() == *length && agrees(&list.ty(), item)
        }
        (Type::Map(map), Shape::Map(key, value)) => agrees(&map.key(), key) && agrees(&map.value(), value),
        (Type::Tuple(tuple), Shape::Tuple(shapes)) => {
            tuple.types().len() == shapes.len()
                && tuple.types().zip(shapes).all(|(ty, shape)| agrees(&ty, shape))
        }
        (Type::Record(record), Shape::Record(fields)) => {
            let same =
                |(ty, field): (wasmtime::component::types::Field<'_>, &lockstep_core::shape::Field)| {
                    ty.name == field.name && agrees(&ty.ty, &field.shape)
                };
            record.fields().len() == fields.len() && record.fields().zip(fields).all(same)
        }
        (Type::Variant(variant), Shape::Variant(cases)) => {
            let same = |(ty, case): (wasmtime::component::types::Case<'_>, &lockstep_core::shape::Case)| {
                ty.name == case.name && both_or_none(ty.ty.as_ref(), case.shape.as_ref())
            };
            variant.cases().len() == cases.len() && variant.cases().zip(cases).all(same)
        }
        (Type::Enum(ty), Shape::Enum(cases)) => ty.names().eq(cases.iter().map(String::as_str)),
        (Type::Flags(ty), Shape::Flags(names)) => ty.names().eq(names.iter().map(String::as_str)),
        (Type::Option(option), Shape::Option(inner)) => agrees(&option.ty(), inner),
        (Type::Result(result), Shape::Result(ok, err)) => {
            both_or_none(result.ok().as_ref(), ok.as_deref())
                && both_or_none(result.err().as_ref(), err.as_deref())
        }
        _ => false,
    }
}

fn both_or_none(ty: Option<&Type>, shape: Option<&Shape>) -> bool {
    match (ty, shape) {
        (None, None) => true,
        (Some(ty), Some(shape)) => agrees(ty, shape),
        _ => false,
    }
}
