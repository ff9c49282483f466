//! The first files of a new step: a module, handlers that give the plainest event that they may, and a test that
//! calls the first of them without WebAssembly.

use lockstep_core::contract::Handler;
use lockstep_core::event::TypeName;
use wit_parser::{Field, Function, Type, TypeDefKind, TypeId, TypeOwner, Variant};

use super::declare::commented;
use super::find::OLDEST;
use super::generate::Source;
use super::module;
use super::plainest::literal;
use super::scope::Scope;
use super::signature::{Signature, success};
use super::types::CaseForm;
use crate::build::Job;
use crate::starter::{First, Origin};
use crate::{Error, File, Use, World};

/// What the author of a new step begins with: the file with its handlers, what its editor needs, a plain test.
pub(crate) fn starter(job: &Job) -> Result<Vec<File>, Error> {
    let module = module::new_path(&job.source.name);
    let wrong = |why: String| Error::Wit { step: job.source.name.clone(), why };
    let source = Source::read(&job.world.resolve, job.world.id, &module).map_err(wrong)?;
    let types = source.events().map_err(wrong)?;
    let writer = || Writer { world: job.world, source: &source, scope: Scope::new(&types, "step") };
    let mut files =
        vec![("go.mod", format!("module {module}\n\ngo {OLDEST}\n")), ("step.go", writer().step())];
    // What asks others has to be told by whom it is answered: only the author knows.
    if !job.world.uses().iter().any(|one| matches!(one, Use::Http | Use::Tools)) {
        files.push(("step_test.go", writer().test()));
    }
    Ok(files.into_iter().map(|(path, text)| File { path: path.into(), text }).collect())
}

/// Writes one file.
struct Writer<'w> {
    world: &'w World,
    source: &'w Source<'w>,
    scope: Scope<'w>,
}

impl Writer<'_> {
    /// `step.go`.
    fn step(&self) -> String {
        let mut code: Vec<String> =
            self.handlers().map(|(function, handler)| self.handler(function, handler)).collect();
        if let Some(first) = code.first_mut() {
            self.use_all(first);
        }
        let code = code.concat();
        let docs = format!("// Package step handles the events of world `{}`.\n", self.world.name());
        self.source.plain_file("step", &self.scope.used(), &docs, &code)
    }

    /// The first handler uses all that its world imports, for an author to change.
    fn use_all(&self, handler: &mut String) {
        let given = handler.split_once("return ").map_or("", |(_, given)| given);
        let fails = match given.split_once('{') {
            Some((ty, _)) if !ty.starts_with(['&', '[']) => format!("return {ty}{{}}, err"),
            Some(_) => "return nil, err".into(),
            None => "return err".into(),
        };
        // What is come by is logged; a world without a log has no use for it here.
        let is_silent = |one: &Use| matches!(one, Use::Timer | Use::State | Use::Updates);
        let uses = self.world.uses().into_iter().filter(|one| self.world.has_log() || is_silent(one));
        let samples: String = uses.map(|one| self.sample(one, &fails)).collect();
        *handler = handler.replacen("{\n", &format!("{{\n{samples}"), 1);
    }

    fn sample(&self, one: Use, fails: &str) -> String {
        let name = |package, name| self.scope.of(package, name);
        let info = || name("lockstep", "Info");
        let failed = format!("if err != nil {{\n{fails}\n}}\n");
        match one {
            Use::Run => format!("{}(\"attempt \", {}().Attempt)\n", info(), name("run", "Whoami")),
            Use::Timer => format!("{}(\"remind\", {})\n", name("timer", "Set"), name("time", "Minute")),
            Use::State => format!("{}(\"seen\", 1)\n", name("state", "Add")),
            Use::Blob => {
                let put = name("blob", "Put");
                format!(
                    "kept, err := {put}([]byte(\"some bytes\"))\n{failed}{}(\"kept as \", kept)\n",
                    info()
                )
            }
            Use::Updates => {
                let publish = name("updates", "Publish");
                format!(
                    "if err := {publish}(\"progress\", map[string]int{{\"done\": 1}}); err != nil {{\n{fails}\n}}\n"
                )
            }
            Use::Http => {
                let get = name("http", "Get");
                format!(
                    "page, err := {get}(\"https://api.example.com/\")\n{failed}{}(len(page.Text()), \" bytes came back\")\n",
                    info()
                )
            }
            Use::Tools => {
                let call = name("tools", "Call");
                format!(
                    "told, err := {call}(\"read_text_file\", map[string]string{{\"path\": \"notes.txt\"}})\n{failed}{}(\"the tool said \", told)\n",
                    info()
                )
            }
        }
    }

    /// `step_test.go`.
    fn test(&self) -> String {
        let code = self.handlers().next().map(|(function, handler)| self.test_of(function, handler));
        let mut used = self.scope.used();
        used.insert("testing");
        let code = code.unwrap_or_default();
        if code.contains("reflect.") {
            used.insert("reflect");
        }
        self.source.plain_file("step", &used, "", &code)
    }

    fn handlers(&self) -> impl Iterator<Item = (&Function, &Handler)> {
        self.source.handlers.iter().copied().zip(&self.world.contract.handlers)
    }

    fn handler(&self, function: &Function, handler: &Handler) -> String {
        let written = Signature::of(&self.scope, function).written();
        let body = match self.given(function, handler) {
            Some(given) => format!("return {given}, nil"),
            None => "return nil".into(),
        };
        format!("\n{}{written} {{\n{body}\n}}\n", commented(&function.docs))
    }

    fn test_of(&self, function: &Function, handler: &Handler) -> String {
        let signature = Signature::of(&self.scope, function);
        let mut code = format!("\nfunc Test{}(t *testing.T) {{\n", signature.name);
        for (param, (name, _)) in function.params.iter().zip(&signature.params) {
            code += &format!("{name} := {}\n", self.argument(&param.ty));
        }
        let names: Vec<_> = signature.params.iter().map(|(name, _)| name.as_str()).collect();
        let call = format!("{}({})", signature.name, names.join(", "));
        match self.given(function, handler) {
            None => code + &format!("if err := {call}; err != nil {{\nt.Fatal(err)\n}}\n}}\n"),
            Some(given) => {
                let gives = success(self.scope.types.resolve, function).map(|ty| self.scope.go(&ty));
                code + &TEST
                    .replace("CALL", &call)
                    .replace("TYPE", &gives.unwrap_or_default())
                    .replace("WANT", &given)
            }
        }
    }

    /// What a new handler gives.
    fn given(&self, function: &Function, handler: &Handler) -> Option<String> {
        let first = self.world.first(handler)?;
        let event = self.event(&first, function)?;
        Some(self.wrapped(&success(self.scope.types.resolve, function)?, &event, &first))
    }

    /// An event in the type that a handler gives.
    fn wrapped(&self, ty: &Type, event: &str, first: &First) -> String {
        match self.scope.types.base(ty) {
            Some((_, TypeDefKind::Option(inner))) => match self.scope.types.base(inner) {
                Some((_, TypeDefKind::Variant(_))) => self.wrapped(inner, event, first),
                Some((_, TypeDefKind::Record(_))) => format!("&{event}"),
                _ => format!("{}({})", self.scope.of("lockstep", "Some"), self.wrapped(inner, event, first)),
            },
            Some((_, TypeDefKind::List(inner))) => {
                format!("[]{}{{{}}}", self.scope.go(inner), self.wrapped(inner, event, first))
            }
            Some((id, TypeDefKind::Variant(variant))) => self.case(id, variant, event, first),
            _ => event.to_owned(),
        }
    }

    fn case(&self, id: TypeId, variant: &Variant, event: &str, first: &First) -> String {
        let is_it = |ty: Option<Type>| {
            let record = ty.and_then(|ty| self.scope.types.base(&ty));
            record.is_some_and(|(id, _)| self.is_named(id, first.event))
        };
        let forms = self.scope.types.cases(id, variant);
        let found = forms.iter().zip(&variant.cases).find(|(_, case)| is_it(case.ty));
        match found {
            Some((form @ CaseForm::Wrapped(_), _)) => format!("{}{{Value: {event}}}", self.scope.case(form)),
            _ => event.to_owned(),
        }
    }

    /// The event, field by field.
    fn event(&self, first: &First, function: &Function) -> Option<String> {
        let ids = self.scope.types.resolve.types.iter().map(|(id, _)| id);
        let id = ids.into_iter().find(|id| self.is_named(*id, first.event))?;
        let TypeDefKind::Record(record) = &self.scope.types.resolve.types[id].kind else { return None };
        let taken = function.params.first().map(|param| super::names::lower(&param.name)).unwrap_or_default();
        let field = |(field, (_, origin)): (&Field, &(_, Origin))| {
            let name = self.scope.types.field(&field.name);
            match origin {
                Origin::Copied => format!("{name}: {taken}.{name}"),
                Origin::Plainest => format!("{name}: {}", self.scope.plainest(&field.ty)),
            }
        };
        Some(literal(&self.scope.named(id), record.fields.iter().zip(&first.fields).map(field).collect()))
    }

    fn is_named(&self, id: TypeId, event: &TypeName) -> bool {
        let definition = &self.scope.types.resolve.types[id];
        let TypeOwner::Interface(interface) = definition.owner else { return false };
        let interface = &self.scope.types.resolve.interfaces[interface];
        let package = interface.package.map(|id| &self.scope.types.resolve.packages[id].name);
        matches!(definition.kind, TypeDefKind::Record(_))
            && definition.name.as_deref() == Some(&event.name)
            && interface.name.as_deref() == Some(&event.interface)
            && package.is_some_and(|name| {
                format!("{}:{}", name.namespace, name.name) == event.package && name.version == event.version
            })
    }

    /// What a test calls a handler with.
    fn argument(&self, ty: &Type) -> String {
        match self.scope.types.base(ty) {
            Some((_, TypeDefKind::List(inner))) => {
                format!("[]{}{{{}}}", self.scope.go(inner), self.scope.plainest(inner))
            }
            _ => self.scope.plainest(ty),
        }
    }
}

/// A test of a handler that gives something.
const TEST: &str = "got, err := CALL
if err != nil {
t.Fatal(err)
}
var want TYPE = WANT
if !reflect.DeepEqual(got, want) {
t.Errorf(\"got %v, want %v\", got, want)
}
}
";
