//! Values that an author begins with, as Go writes them: 0, an empty text, no element, the first case.

use wit_parser::{Field, Record, Type, TypeDefKind, TypeId, Variant};

use super::scope::Scope;
use super::types::CaseForm;

impl Scope<'_> {
    /// The plainest value of a type.
    pub(super) fn plainest(&self, ty: &Type) -> String {
        match ty {
            Type::Bool => return "false".into(),
            Type::String => return "\"\"".into(),
            Type::Char => return "' '".into(),
            Type::Id(_) => {}
            _ => return "0".into(),
        }
        if self.types.is_json(ty) {
            return "\"null\"".into();
        }
        match self.types.base(ty) {
            Some((id, TypeDefKind::Record(record))) => self.plainest_record(id, record),
            Some((id, TypeDefKind::Variant(variant))) => self.plainest_case(id, variant),
            Some((id, TypeDefKind::Enum(cases))) => {
                cases.cases.first().map_or_else(String::new, |case| self.constant(id, &case.name))
            }
            Some((_, TypeDefKind::Flags(_))) => "0".into(),
            Some((_, TypeDefKind::Tuple(tuple))) => {
                let field = |(at, ty): (usize, &Type)| format!("F{at}: {}", self.plainest(ty));
                literal(&self.go(ty), tuple.types.iter().enumerate().map(field).collect())
            }
            Some((_, TypeDefKind::Result(result))) => {
                let sides = [result.ok, result.err].map(|ty| self.or_unit(ty)).join(", ");
                let value = result.ok.map_or_else(|| "struct{}{}".to_owned(), |ty| self.plainest(&ty));
                format!("{}[{sides}]({value})", self.of("lockstep", "Ok"))
            }
            Some((_, TypeDefKind::List(_) | TypeDefKind::Option(_))) => "nil".into(),
            None => self.plainest_alias(ty),
            _ => String::new(),
        }
    }

    fn plainest_alias(&self, ty: &Type) -> String {
        let Type::Id(id) = ty else { return String::new() };
        match &self.types.resolve.types[*id].kind {
            TypeDefKind::Type(inner) => self.plainest(inner),
            _ => String::new(),
        }
    }

    fn plainest_record(&self, id: TypeId, record: &Record) -> String {
        let field =
            |field: &Field| format!("{}: {}", self.types.field(&field.name), self.plainest(&field.ty));
        literal(&self.named(id), record.fields.iter().map(field).collect())
    }

    fn plainest_case(&self, id: TypeId, variant: &Variant) -> String {
        let forms = self.types.cases(id, variant);
        match (forms.first(), variant.cases.first().and_then(|case| case.ty)) {
            (Some(CaseForm::Itself(_)), Some(ty)) => self.plainest(&ty),
            (Some(form), Some(ty)) => format!("{}{{Value: {}}}", self.case(form), self.plainest(&ty)),
            (Some(form), None) => format!("{}{{}}", self.case(form)),
            (None, _) => String::new(),
        }
    }
}

/// A value of a struct: in one line while that is short, else as gofmt writes it.
pub(super) fn literal(ty: &str, fields: Vec<String>) -> String {
    let line = format!("{ty}{{{}}}", fields.join(", "));
    if line.len() <= 90 && !line.contains('\n') {
        return line;
    }
    let is_long = |field: &String| field.contains('\n');
    let groups = fields.chunk_by(|one, next| !is_long(one) && !is_long(next));
    let lines: String = groups.flat_map(columns).collect();
    format!("{ty}{{\n{lines}}}")
}

/// Fields whose values begin in one column.
fn columns(fields: &[String]) -> impl Iterator<Item = String> {
    let fields = fields.iter().filter_map(|field| field.split_once(": "));
    let width = fields.clone().map(|(name, _)| name.len()).max().unwrap_or(0) + 1;
    fields.map(move |(name, value)| format!("{:width$} {value},\n", format!("{name}:")))
}
