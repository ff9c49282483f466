//! Types as one file of Go writes them: with the package in front where it is another one.
//!
//! `option` is a pointer, `json` and what Go has no word for come from the SDK.

use std::cell::RefCell;
use std::collections::BTreeSet;

use wit_parser::{Type, TypeDefKind, TypeId};

use super::names::upper;
use super::types::{CaseForm, LOCKSTEP, Types};

/// Types as one file of a package writes them.
pub(super) struct Scope<'t> {
    pub(super) types: &'t Types<'t>,
    /// The package of the file.
    package: &'t str,
    /// The packages that it has named so far.
    used: RefCell<BTreeSet<&'static str>>,
}

impl<'t> Scope<'t> {
    pub(super) fn new(types: &'t Types<'t>, package: &'t str) -> Scope<'t> {
        Scope { types, package, used: RefCell::default() }
    }

    /// A name of another package, or of this one.
    pub(super) fn of(&self, package: &'static str, name: &str) -> String {
        if package == self.package {
            return name.to_owned();
        }
        self.used.borrow_mut().insert(package);
        format!("{package}.{name}")
    }

    /// The packages that were named.
    pub(super) fn used(&self) -> BTreeSet<&'static str> {
        self.used.borrow().clone()
    }

    /// A named type.
    pub(super) fn named(&self, id: TypeId) -> String {
        match self.types.name_of(id) {
            Some(name) => self.of(self.types.home.package(), name),
            None => {
                let name = self.types.resolve.types[id].name.as_deref().unwrap_or_default();
                self.of(LOCKSTEP, &upper(name))
            }
        }
    }

    /// The constant of a case of an enum.
    pub(super) fn constant(&self, id: TypeId, case: &str) -> String {
        self.local(&self.types.member(id, case))
    }

    /// A type that belongs to a named one.
    fn local(&self, name: &str) -> String {
        self.of(self.types.home.package(), name)
    }

    /// What is behind a case.
    pub(super) fn case(&self, form: &CaseForm) -> String {
        match form {
            CaseForm::Itself(id) => self.named(*id),
            CaseForm::Wrapped(name) => self.local(name),
        }
    }

    /// Any type.
    pub(super) fn go(&self, ty: &Type) -> String {
        let id = match ty {
            Type::Bool => return "bool".into(),
            Type::U8 => return "uint8".into(),
            Type::U16 => return "uint16".into(),
            Type::U32 => return "uint32".into(),
            Type::U64 => return "uint64".into(),
            Type::S8 => return "int8".into(),
            Type::S16 => return "int16".into(),
            Type::S32 => return "int32".into(),
            Type::S64 => return "int64".into(),
            Type::F32 => return "float32".into(),
            Type::F64 => return "float64".into(),
            Type::Char => return "rune".into(),
            Type::String | Type::ErrorContext => return "string".into(),
            Type::Id(id) => *id,
        };
        if self.types.is_json(ty) {
            return self.of(LOCKSTEP, "JSON");
        }
        match &self.types.resolve.types[id].kind {
            TypeDefKind::Type(inner) => self.go(inner),
            TypeDefKind::List(Type::U8) => "[]byte".into(),
            TypeDefKind::List(element) => format!("[]{}", self.go(element)),
            TypeDefKind::Option(payload) if self.types.is_variant(payload) => self.go(payload),
            TypeDefKind::Option(payload) => format!("*{}", self.go(payload)),
            TypeDefKind::Result(result) => {
                let sides = [result.ok, result.err].map(|ty| self.or_unit(ty)).join(", ");
                self.of(LOCKSTEP, &format!("Result[{sides}]"))
            }
            TypeDefKind::Tuple(tuple) => {
                let types: Vec<_> = tuple.types.iter().map(|ty| self.go(ty)).collect();
                self.of(LOCKSTEP, &format!("Tuple{}[{}]", types.len(), types.join(", ")))
            }
            _ => self.named(id),
        }
    }

    /// The type of a side of a result.
    pub(super) fn or_unit(&self, ty: Option<Type>) -> String {
        ty.map_or_else(|| "struct{}".to_owned(), |ty| self.go(&ty))
    }
}
