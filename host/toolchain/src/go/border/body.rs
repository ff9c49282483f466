//! The body of one function: values on their way over the border, statement by statement.

use std::mem::take;

use wit_bindgen_core::abi::WasmType;
use wit_parser::{ArchitectureSize, Case, Function, Result_, SizeAlign, Type, TypeId, Variant};

use super::super::scope::Scope;
use super::super::types::CaseForm;
use super::wasm;
use crate::world::success;

/// An expression of Go, and what people call its value: `on-echo.values.text`.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) go: String,
    pub(super) path: String,
}

/// What the function calls.
pub(super) enum Callee {
    /// A function of the host, by the name of its raw form.
    Host { raw: String },
    /// A handler, by the variable that holds it.
    Handler { variable: String },
}

/// A piece of code that gives values: one case of a variant, one element of a list.
pub(super) struct Block {
    number: usize,
    code: String,
    gives: Vec<Value>,
}

pub(super) struct Body<'s> {
    pub(super) scope: &'s Scope<'s>,
    pub(super) sizes: &'s SizeAlign,
    pub(super) args: Vec<Value>,
    pub(super) callee: Callee,
    pub(super) code: String,
    /// The blocks that are being written: the code around each, and its number.
    open: Vec<(String, usize)>,
    blocks: Vec<Block>,
    numbers: usize,
}

impl Block {
    /// The stand-in for the path of what a block is about, which is known when the block is put in its place.
    pub(super) fn path(number: usize) -> String {
        format!("@{number}@")
    }

    fn about(&self, code: &str, path: &str) -> String {
        code.replace(&Block::path(self.number), path)
    }
}

impl<'s> Body<'s> {
    pub(super) fn new(
        scope: &'s Scope<'s>,
        sizes: &'s SizeAlign,
        args: Vec<Value>,
        callee: Callee,
    ) -> Body<'s> {
        // Every function has a call, and pointers in its raw form.
        scope.of("abi", "Call");
        scope.of("unsafe", "Pointer");
        Body {
            scope,
            sizes,
            args,
            callee,
            code: String::new(),
            open: Vec::new(),
            blocks: Vec::new(),
            numbers: 0,
        }
    }

    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        self.code += line.as_ref();
        self.code.push('\n');
    }

    pub(super) fn abi(&self, name: &str) -> String {
        self.scope.of("abi", name)
    }

    /// A name that nothing else in the function has.
    pub(super) fn fresh(&mut self, word: &str) -> String {
        self.numbers += 1;
        format!("{word}{}", self.numbers)
    }

    pub(super) fn begin_block(&mut self) {
        self.numbers += 1;
        self.open.push((take(&mut self.code), self.numbers));
    }

    pub(super) fn end_block(&mut self, gives: Vec<Value>) {
        let (around, number) = self.open.pop().expect("a block that ends has begun");
        let code = std::mem::replace(&mut self.code, around);
        self.blocks.push(Block { number, code, gives });
    }

    /// The block that is being written.
    pub(super) fn block(&self) -> usize {
        self.open.last().map_or(0, |(_, number)| *number)
    }

    fn pop(&mut self) -> Block {
        self.blocks.pop().expect("a block was written for each that is put in its place")
    }

    pub(super) fn at(&self, ty: &str, place: &Value, offset: &ArchitectureSize) -> String {
        format!("*{}[{ty}]({}, {})", self.abi("At"), place.go, offset.size_wasm32())
    }

    /// A value as its declared type: on the border, `json` is text.
    pub(super) fn typed(&self, value: &Value, ty: &Type) -> String {
        match self.scope.types.is_json(ty) {
            true => format!("{}({})", self.scope.of("lockstep", "JSON"), value.go),
            false => value.go.clone(),
        }
    }

    /// Variables for what each of several blocks gives.
    fn declare(&mut self, types: &[WasmType]) -> Vec<Value> {
        let mut variables = Vec::new();
        for ty in types {
            let go = self.fresh("flat");
            self.line(format!("var {go} {}", wasm(ty)));
            variables.push(Value { go, path: String::new() });
        }
        variables
    }

    /// A block in its place, with what it gives put into variables.
    fn put(&mut self, block: &Block, path: &str, variables: &[Value]) {
        self.code += &block.about(&block.code, path);
        for (variable, value) in variables.iter().zip(&block.gives) {
            self.line(format!("{} = {}", variable.go, block.about(&value.go, path)));
        }
    }

    fn made(&mut self, word: &str, ty: &str) -> Value {
        let go = self.fresh(word);
        self.line(format!("var {go} {ty}"));
        Value { go, path: String::new() }
    }

    pub(super) fn lower_option(&mut self, value: &Value, payload: &Type, flat: &[WasmType]) -> Vec<Value> {
        let (some, none) = (self.pop(), self.pop());
        let variables = self.declare(flat);
        let star = if self.scope.types.is_variant(payload) { "" } else { "*" };
        self.line(format!("if {} != nil {{\npayload{} := {star}{}", value.go, some.number, value.go));
        self.put(&some, &value.path, &variables);
        self.line("} else {");
        self.put(&none, &value.path, &variables);
        self.line("}");
        variables
    }

    pub(super) fn lift_option(&mut self, tag: &Value, id: TypeId, payload: &Type) -> Value {
        let (some, _none) = (self.pop(), self.pop());
        let option = self.made("option", &self.scope.go(&Type::Id(id)));
        self.line(format!("if {} != 0 {{", tag.go));
        self.code += &some.code;
        let value = self.typed(&some.gives[0], payload);
        match self.scope.types.is_variant(payload) {
            true => self.line(format!("{} = {value}", option.go)),
            false => self.line(format!("value := {value}\n{} = &value", option.go)),
        }
        self.line("}");
        option
    }

    pub(super) fn lower_result(&mut self, value: &Value, result: &Result_, flat: &[WasmType]) -> Vec<Value> {
        let (err, ok) = (self.pop(), self.pop());
        let variables = self.declare(flat);
        let (go, path) = (&value.go, &value.path);
        self.line("switch {");
        for (block, side, other, ty) in [(ok, "Ok", "Err", result.ok), (err, "Err", "Ok", result.err)] {
            self.line(format!("case {go}.{side} != nil && {go}.{other} == nil:"));
            if ty.is_some() {
                self.line(format!("payload{} := *{go}.{side}", block.number));
            }
            self.put(&block, path, &variables);
        }
        let refuse = self.abi("Refuse");
        self.line(format!("default:\n{refuse}(\"{path}\", \"holds neither Ok nor Err, or both\")\n}}"));
        variables
    }

    pub(super) fn lift_result(&mut self, tag: &Value, id: TypeId, result: &Result_) -> Value {
        let (err, ok) = (self.pop(), self.pop());
        let made = self.made("result", &self.scope.go(&Type::Id(id)));
        self.line(format!("if {} == 0 {{", tag.go));
        self.lift_side(&made.go, "Ok", &ok, result.ok);
        self.line("} else {");
        self.lift_side(&made.go, "Err", &err, result.err);
        self.line("}");
        made
    }

    fn lift_side(&mut self, result: &str, side: &str, block: &Block, ty: Option<Type>) {
        self.code += &block.code;
        let value = ty.zip(block.gives.first()).map(|(ty, value)| self.typed(value, &ty));
        let value = value.unwrap_or_else(|| "struct{}{}".into());
        self.line(format!("value := {value}\n{result}.{side} = &value"));
    }

    pub(super) fn lower_variant(
        &mut self,
        value: &Value,
        id: TypeId,
        variant: &Variant,
        flat: &[WasmType],
    ) -> Vec<Value> {
        let blocks = self.blocks.split_off(self.blocks.len() - variant.cases.len());
        let variables = self.declare(flat);
        let (go, path) = (&value.go, &value.path);
        let names = variant.cases.iter().map(|case| &*case.name).collect::<Vec<_>>().join(", ");
        let (refuse, is) = (self.abi("Refuse"), self.fresh("is"));
        self.line(format!(
            "if {go} == nil {{\n{refuse}(\"{path}\", \"is nil; it has to be one of {names}\")\n}}"
        ));
        self.line(format!("switch {is} := {go}.{}().(type) {{", self.scope.types.marker(id)));
        let forms = self.scope.types.cases(id, variant);
        for (block, (form, case)) in blocks.iter().zip(forms.iter().zip(&variant.cases)) {
            self.lower_case(&is, block.number, form, case);
            self.put(block, &format!("{path}.{}", case.name), &variables);
        }
        self.line(format!("default:\n{}(\"{path}\", \"{names}\")\n}}", self.abi("Undeclared")));
        variables
    }

    fn lower_case(&mut self, is: &str, number: usize, form: &CaseForm, case: &Case) {
        self.line(format!("case {}:", self.scope.case(form)));
        match (form, case.ty) {
            (CaseForm::Itself(_), _) => self.line(format!("payload{number} := {is}")),
            (CaseForm::Wrapped(_), Some(_)) => self.line(format!("payload{number} := {is}.Value")),
            (CaseForm::Wrapped(_), None) => self.line(format!("_ = {is}")),
        }
    }

    pub(super) fn lift_variant(&mut self, tag: &Value, id: TypeId, variant: &Variant) -> Value {
        let blocks = self.blocks.split_off(self.blocks.len() - variant.cases.len());
        let made = self.made("variant", &self.scope.named(id));
        self.line(format!("switch {} {{", tag.go));
        let forms = self.scope.types.cases(id, variant);
        for (at, (block, (form, case))) in blocks.iter().zip(forms.iter().zip(&variant.cases)).enumerate() {
            self.line(format!("case {at}:"));
            self.code += &block.code;
            let value = case.ty.zip(block.gives.first()).map(|(ty, value)| self.typed(value, &ty));
            let own = self.scope.case(form);
            let value = match (form, value) {
                (CaseForm::Itself(_), Some(value)) => value,
                (_, Some(value)) => format!("{own}{{Value: {value}}}"),
                (_, None) => format!("{own}{{}}"),
            };
            self.line(format!("{} = {value}", made.go));
        }
        self.line("}");
        made
    }

    pub(super) fn lower_list(&mut self, value: &Value, element: &Type) -> Vec<Value> {
        let block = self.pop();
        let (room, size, number) = (self.fresh("room"), self.sizes.size(element).size_wasm32(), block.number);
        let (go, add) = (&value.go, self.scope.of("unsafe", "Add"));
        self.line(format!("{room} := call.Room(len({go}) * {size})"));
        self.line(format!("for at{number}, element{number} := range {go} {{"));
        self.line(format!("base{number} := {add}({room}, at{number}*{size})"));
        self.put(&block, &format!("{}[]", value.path), &[]);
        self.line("}");
        let length = format!("uint32(len({go}))");
        [room, length].map(|go| Value { go, path: String::new() }).into()
    }

    pub(super) fn lift_list(&mut self, place: &Value, length: &Value, element: &Type) -> Value {
        let block = self.pop();
        let (list, size, number) = (self.fresh("list"), self.sizes.size(element).size_wasm32(), block.number);
        let (ty, add) = (self.scope.go(element), self.scope.of("unsafe", "Add"));
        self.line(format!("{list} := make([]{ty}, {})\nfor at{number} := range {list} {{", length.go));
        self.line(format!("base{number} := {add}({}, at{number}*{size})", place.go));
        self.code += &block.code;
        let value = self.typed(&block.gives[0], element);
        self.line(format!("{list}[at{number}] = {value}\n}}"));
        Value { go: list, path: String::new() }
    }

    /// Calls the handler with what has arrived, and begins to hand over what it came to.
    pub(super) fn call_handler(&mut self, variable: &str, args: &[Value], function: &Function) -> Value {
        // By number: what an author calls them may be a name of anything else here.
        let names: Vec<_> = (0..function.params.len()).map(|at| format!("in_{at}")).collect();
        for ((name, arg), param) in names.iter().zip(args).zip(&function.params) {
            self.line(format!("{name} := {}", self.typed(arg, &param.ty)));
        }
        let copied = self.abi("Copied");
        self.line(format!("{copied}()"));
        let ok = success(self.scope.types.resolve, function);
        let (runner, ty) = match ok {
            Some(ty) => ("Run", format!("({}, error)", self.scope.go(&ty))),
            None => ("Do", "error".into()),
        };
        let run = self.scope.of("handler", runner);
        self.line(format!("came := {run}(func() {ty} {{ return {variable}({}) }})", names.join(", ")));
        let (give, result) = (self.scope.of("handler", "Give"), self.scope.of("handler", "Result"));
        let (call, ok) = (self.abi("Call"), self.scope.or_unit(ok));
        self.line(format!("return {give}(came, func(call *{call}, result {result}[{ok}]) unsafe.Pointer {{"));
        Value { go: "result".into(), path: function.name.clone() }
    }

    /// Calls the host.
    pub(super) fn call_host(&mut self, raw: &str, args: &[Value], gives: bool) -> Option<Value> {
        let args: Vec<_> = args.iter().map(|arg| arg.go.as_str()).collect();
        let call = format!("{raw}({})", args.join(", "));
        self.line("call.Begin()");
        if !gives {
            self.line(call);
            return None;
        }
        let go = self.fresh("flat");
        self.line(format!("{go} := {call}"));
        Some(Value { go, path: String::new() })
    }

    /// Ends the function with what it gives.
    pub(super) fn give(&mut self, value: Option<&Value>, function: &Function) {
        match (&self.callee, value) {
            (Callee::Handler { .. }, value) => {
                let place = value.map_or("nil", |value| &value.go).to_owned();
                self.line(format!("return {place}"));
            }
            (Callee::Host { .. }, Some(value)) => {
                let value = function.result.map_or_else(|| value.go.clone(), |ty| self.typed(value, &ty));
                self.line(format!("result := {value}\ncall.End()\nreturn result"));
            }
            (Callee::Host { .. }, None) => self.line("call.End()"),
        }
    }
}
