//! Handlers as authors of Go write them.

use wit_parser::Function;

use super::names::{lower, upper};
use super::scope::Scope;
use crate::world::success;

/// A handler as Go sees it.
pub(super) struct Signature {
    /// `OnRefundRequested`.
    pub(super) name: String,
    /// What it takes, by name and type.
    pub(super) params: Vec<(String, String)>,
    /// What it gives beside its error.
    gives: Option<String>,
}

impl Signature {
    pub(super) fn of(scope: &Scope, function: &Function) -> Signature {
        let params = function.params.iter().map(|param| (lower(&param.name), scope.go(&param.ty))).collect();
        let gives = success(scope.types.resolve, function).map(|ty| scope.go(&ty));
        Signature { name: upper(&function.name), params, gives }
    }

    /// Its type: `func(events.RefundRequested) (events.Emits, error)`.
    pub(super) fn ty(&self) -> String {
        let params: Vec<_> = self.params.iter().map(|(_, ty)| ty.as_str()).collect();
        format!("func({}) {}", params.join(", "), self.results())
    }

    /// As its author writes it: `func OnRefundRequested(event events.RefundRequested) (events.Emits, error)`.
    pub(super) fn written(&self) -> String {
        let params: Vec<_> = self.params.iter().map(|(name, ty)| format!("{name} {ty}")).collect();
        format!("func {}({}) {}", self.name, params.join(", "), self.results())
    }

    fn results(&self) -> String {
        match &self.gives {
            Some(gives) => format!("({gives}, error)"),
            None => "error".into(),
        }
    }
}
