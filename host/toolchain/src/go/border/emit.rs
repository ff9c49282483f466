//! What each instruction of the canonical ABI is in Go.

use wit_bindgen_core::abi::{Bindgen, Bitcast, Instruction as I, WasmType};
use wit_parser::{Alignment, ArchitectureSize, Resolve, SizeAlign, Type};

use super::body::{Block, Body, Callee, Value};

impl Bindgen for Body<'_> {
    type Operand = Value;

    fn sizes(&self) -> &SizeAlign {
        self.sizes
    }

    fn push_block(&mut self) {
        self.begin_block();
    }

    fn finish_block(&mut self, gives: &mut Vec<Value>) {
        self.end_block(std::mem::take(gives));
    }

    fn return_pointer(&mut self, size: ArchitectureSize, _: Alignment) -> Value {
        let go = self.fresh("area");
        self.line(format!("{go} := call.Room({})", size.size_wasm32()));
        Value { go, path: String::new() }
    }

    fn is_list_canonical(&self, _: &Resolve, element: &Type) -> bool {
        use Type::{F32, F64, S8, S16, S32, S64, U8, U16, U32, U64};
        matches!(element, U8 | S8 | U16 | S16 | U32 | S32 | U64 | S64 | F32 | F64)
    }

    fn emit(&mut self, _: &Resolve, i: &I<'_>, operands: &mut Vec<Value>, results: &mut Vec<Value>) {
        let values = self
            .memory(i, operands)
            .or_else(|| self.number(i, operands))
            .or_else(|| self.lower(i, operands))
            .or_else(|| self.lift(i, operands))
            .or_else(|| self.call(i, operands));
        results.extend(values.expect("types that have no form in Go are refused before"));
    }
}

impl Body<'_> {
    /// Loads and stores.
    fn memory(&mut self, i: &I, operands: &[Value]) -> Option<Vec<Value>> {
        let (ty, offset, convert) = match i {
            I::I32Load { offset } => ("int32", offset, None),
            I::I32Load8U { offset } => ("uint8", offset, Some("int32")),
            I::I32Load8S { offset } => ("int8", offset, Some("int32")),
            I::I32Load16U { offset } => ("uint16", offset, Some("int32")),
            I::I32Load16S { offset } => ("int16", offset, Some("int32")),
            I::I64Load { offset } => ("int64", offset, None),
            I::F32Load { offset } => ("float32", offset, None),
            I::F64Load { offset } => ("float64", offset, None),
            I::LengthLoad { offset } => ("uint32", offset, None),
            I::PointerLoad { offset } => ("uint32", offset, Some("abi.Address")),
            _ => return self.store(i, operands),
        };
        Some(vec![plain(converted(convert, &self.at(ty, &operands[0], offset)))])
    }

    fn store(&mut self, i: &I, operands: &[Value]) -> Option<Vec<Value>> {
        let (ty, offset, convert) = match i {
            I::I32Store { offset } => ("int32", offset, None),
            I::I32Store8 { offset } => ("uint8", offset, Some("uint8")),
            I::I32Store16 { offset } => ("uint16", offset, Some("uint16")),
            I::I64Store { offset } => ("int64", offset, None),
            I::F32Store { offset } => ("float32", offset, None),
            I::F64Store { offset } => ("float64", offset, None),
            I::LengthStore { offset } => ("uint32", offset, None),
            I::PointerStore { offset } => ("uint32", offset, Some("abi.Number")),
            _ => return None,
        };
        let (at, value) = (self.at(ty, &operands[1], offset), converted(convert, &operands[0].go));
        self.line(format!("{at} = {value}"));
        Some(Vec::new())
    }

    /// Numbers, and what is carried as a number.
    fn number(&mut self, i: &I, operands: &[Value]) -> Option<Vec<Value>> {
        let convert = match i {
            I::GetArg { nth } => return Some(vec![self.args[*nth].clone()]),
            I::I32Const { val } => return Some(vec![plain(val.to_string())]),
            I::ConstZero { tys } => return Some(tys.iter().map(zero).collect()),
            I::Bitcasts { casts } => {
                let cast = |(how, value): (&Bitcast, &Value)| plain(self.cast(value.go.clone(), how));
                return Some(casts.iter().zip(operands).map(cast).collect());
            }
            I::BoolFromI32 => return Some(vec![plain(format!("({} != 0)", operands[0].go))]),
            I::I32FromChar => {
                let Value { go, path } = &operands[0];
                return Some(vec![plain(format!("{}(\"{path}\", {go})", self.abi("Char")))]);
            }
            I::I32FromBool => Some("abi.Bool"),
            I::I32FromU32 | I::I32FromU16 | I::I32FromS16 | I::I32FromU8 | I::I32FromS8 => Some("int32"),
            I::I64FromU64 => Some("int64"),
            I::U64FromI64 => Some("uint64"),
            I::U32FromI32 => Some("uint32"),
            I::U16FromI32 => Some("uint16"),
            I::S16FromI32 => Some("int16"),
            I::U8FromI32 => Some("uint8"),
            I::S8FromI32 => Some("int8"),
            I::I32FromS32 | I::S32FromI32 | I::I64FromS64 | I::S64FromI64 | I::CharFromI32 => None,
            I::CoreF32FromF32 | I::F32FromCoreF32 | I::CoreF64FromF64 | I::F64FromCoreF64 => None,
            _ => return None,
        };
        Some(vec![plain(converted(convert, &operands[0].go))])
    }

    /// Values on their way out.
    fn lower(&mut self, i: &I, operands: &[Value]) -> Option<Vec<Value>> {
        let value = operands.first();
        let number = self.block();
        Some(match i {
            I::StringLower { .. } => self.lower_text(value?),
            I::ListCanonLower { .. } => {
                let numbers = format!("{}(call, {})", self.abi("Numbers"), value?.go);
                self.place_and_length(&numbers)
            }
            I::ListLower { element, .. } => self.lower_list(value?, element),
            I::IterElem { .. } => {
                vec![Value { go: format!("element{number}"), path: Block::path(number) }]
            }
            I::VariantPayloadName => {
                vec![Value { go: format!("payload{number}"), path: Block::path(number) }]
            }
            I::IterBasePointer => vec![plain(format!("base{number}"))],
            I::RecordLower { record, .. } => {
                let field = |name: &str| Value {
                    go: format!("{}.{}", operands[0].go, self.scope.types.field(name)),
                    path: format!("{}.{name}", operands[0].path),
                };
                record.fields.iter().map(|one| field(&one.name)).collect()
            }
            I::TupleLower { tuple, .. } => {
                let field = |at: usize| Value {
                    go: format!("{}.F{at}", operands[0].go),
                    path: format!("{}.{at}", operands[0].path),
                };
                (0..tuple.types.len()).map(field).collect()
            }
            I::EnumLower { enum_, .. } => {
                let Value { go, path } = value?;
                let case = self.abi("Case");
                vec![plain(format!("{case}(\"{path}\", uint32({go}), {})", enum_.cases.len()))]
            }
            I::FlagsLower { flags, .. } => {
                let (Value { go, path }, all) = (value?, (1_u64 << flags.flags.len()) - 1);
                vec![plain(format!("{}(\"{path}\", uint32({go}), {all})", self.abi("Flags")))]
            }
            I::OptionLower { payload, results, .. } => self.lower_option(value?, payload, results),
            I::ResultLower { result, results, .. } => self.lower_result(value?, result, results),
            I::VariantLower { variant, ty, results, .. } => self.lower_variant(value?, *ty, variant, results),
            _ => return None,
        })
    }

    fn lower_text(&mut self, value: &Value) -> Vec<Value> {
        self.place_and_length(&format!("call.Text(\"{}\", string({}))", value.path, value.go))
    }

    fn place_and_length(&mut self, call: &str) -> Vec<Value> {
        let (place, length) = (self.fresh("place"), self.fresh("length"));
        self.line(format!("{place}, {length} := {call}"));
        vec![plain(place), plain(length)]
    }

    /// Values on their way in.
    fn lift(&mut self, i: &I, operands: &[Value]) -> Option<Vec<Value>> {
        let go = |at: usize| operands[at].go.as_str();
        let value = match i {
            I::StringLift => plain(format!("{}({}, {})", self.abi("String"), go(0), go(1))),
            I::ListCanonLift { element, .. } => {
                let (list, ty) = (self.abi("List"), self.scope.go(element));
                plain(format!("{list}[{ty}]({}, {})", go(0), go(1)))
            }
            I::ListLift { element, .. } => self.lift_list(&operands[0], &operands[1], element),
            I::RecordLift { record, ty, .. } => {
                let field = |(field, value): (&wit_parser::Field, &Value)| {
                    let name = self.scope.types.field(&field.name);
                    format!("{name}: {}", self.typed(value, &field.ty))
                };
                let fields: Vec<_> = record.fields.iter().zip(operands).map(field).collect();
                plain(format!("{}{{{}}}", self.scope.named(*ty), fields.join(", ")))
            }
            I::TupleLift { tuple, ty } => {
                let field =
                    |(at, (ty, value)): (usize, (&Type, &Value))| format!("F{at}: {}", self.typed(value, ty));
                let fields: Vec<_> = tuple.types.iter().zip(operands).enumerate().map(field).collect();
                plain(format!("{}{{{}}}", self.scope.go(&Type::Id(*ty)), fields.join(", ")))
            }
            I::EnumLift { ty, .. } | I::FlagsLift { ty, .. } => {
                plain(format!("{}({})", self.scope.named(*ty), go(0)))
            }
            I::OptionLift { payload, ty } => self.lift_option(&operands[0], *ty, payload),
            I::ResultLift { result, ty } => self.lift_result(&operands[0], *ty, result),
            I::VariantLift { variant, ty, .. } => self.lift_variant(&operands[0], *ty, variant),
            _ => return None,
        };
        Some(vec![value])
    }

    /// Calls, and the end.
    fn call(&mut self, i: &I, operands: &[Value]) -> Option<Vec<Value>> {
        Some(match (i, &self.callee) {
            (I::CallWasm { sig, .. }, Callee::Host { raw }) => {
                let raw = raw.clone();
                self.call_host(&raw, operands, !sig.results.is_empty()).into_iter().collect()
            }
            (I::CallInterface { func, .. }, Callee::Handler { variable }) => {
                let variable = variable.clone();
                vec![self.call_handler(&variable, operands, func)]
            }
            (I::Flush { .. }, _) => operands.to_vec(),
            (I::Return { func, .. }, _) => {
                self.give(operands.first(), func);
                Vec::new()
            }
            (I::GuestDeallocate { .. }, _) => Vec::new(),
            _ => return None,
        })
    }

    /// A flat value as another flat type, where the cases of a variant share one.
    fn cast(&self, value: String, how: &Bitcast) -> String {
        let convert = match how {
            Bitcast::None | Bitcast::P64ToI64 | Bitcast::I64ToP64 => return value,
            Bitcast::Sequence(both) => return self.cast(self.cast(value, &both[0]), &both[1]),
            Bitcast::F32ToI32 => return format!("int32({}({value}))", self.scope.of("math", "Float32bits")),
            Bitcast::F32ToI64 => return format!("int64({}({value}))", self.scope.of("math", "Float32bits")),
            Bitcast::F64ToI64 => return format!("int64({}({value}))", self.scope.of("math", "Float64bits")),
            Bitcast::I32ToF32 | Bitcast::I64ToF32 => {
                return format!("{}(uint32({value}))", self.scope.of("math", "Float32frombits"));
            }
            Bitcast::I64ToF64 => {
                return format!("{}(uint64({value}))", self.scope.of("math", "Float64frombits"));
            }
            Bitcast::I32ToI64 => return format!("int64(uint32({value}))"),
            Bitcast::I32ToP | Bitcast::P64ToP => return format!("{}(uint32({value}))", self.abi("Address")),
            Bitcast::PToI32 => return format!("int32({}({value}))", self.abi("Number")),
            Bitcast::PToP64 => return format!("int64({}({value}))", self.abi("Number")),
            Bitcast::LToP => self.abi("Address"),
            Bitcast::PToL => self.abi("Number"),
            Bitcast::LToI64 => "int64".into(),
            Bitcast::I64ToI32 | Bitcast::LToI32 => "int32".into(),
            Bitcast::I32ToL | Bitcast::I64ToL => "uint32".into(),
        };
        format!("{convert}({value})")
    }
}

/// A value of another type of Go, if it needs to be one.
fn converted(convert: Option<&str>, go: &str) -> String {
    convert.map_or_else(|| go.to_owned(), |convert| format!("{convert}({go})"))
}

fn plain(go: String) -> Value {
    Value { go, path: String::new() }
}

fn zero(ty: &WasmType) -> Value {
    plain(if *ty == WasmType::Pointer { "nil" } else { "0" }.to_owned())
}
