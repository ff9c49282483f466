//! The first files of a new step: a module, handlers that give the plainest event that they may, and a test that
//! calls the first of them without WebAssembly.

use lockstep_core::contract::Handler;
use wit_parser::{Field, Function, Record, Type, TypeDefKind, TypeId};

use super::declare::commented;
use super::find::OLDEST;
use super::generate::Source;
use super::module;
use super::names::lower;
use super::plainest::literal;
use super::scope::Scope;
use super::signature::Signature;
use crate::build::Job;
use crate::starter::Origin;
use crate::world::success;
use crate::{Error, File, Use, World};

/// What the author of a new step begins with: the file with its handlers, what its editor needs, a plain test.
pub(crate) fn starter(job: &Job) -> Result<Vec<File>, Error> {
    let module = module::new_path(&job.source.name);
    let wrong = |why: String| Error::Wit { step: job.source.name.clone(), why };
    let source = Source::read(&job.world.resolve, job.world.id, &module);
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
            Some((ty, _)) => format!("return {ty}{{}}, err"),
            None => "return err".into(),
        };
        let samples: String = self.world.uses().into_iter().map(|one| self.sample(one, &fails)).collect();
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
        let own =
            |function: &Function| self.world.contract.handlers.iter().find(|own| own.name == function.name);
        self.source.handlers.iter().filter_map(move |function| Some((*function, own(function)?)))
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
            code += &format!("{name} := {}\n", self.scope.plainest(&param.ty));
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

    /// What a new handler gives: the first event that it may, field by field.
    fn given(&self, function: &Function, handler: &Handler) -> Option<String> {
        let first = self.world.first(handler)?;
        let (id, record) = self.event(&success(self.scope.types.resolve, function)?)?;
        let param = function.params.first()?;
        let (_, taken) = self.event(&param.ty)?;
        let is_taken = |field: &Field| taken.fields.iter().any(|own| self.is_same(own, field));
        let field = |(field, (_, origin)): (&Field, &(_, Origin))| {
            let name = self.scope.types.field(&field.name);
            match origin {
                Origin::Copied if is_taken(field) => format!("{name}: {}.{name}", lower(&param.name)),
                _ => format!("{name}: {}", self.scope.plainest(&field.ty)),
            }
        };
        Some(literal(&self.scope.named(id), record.fields.iter().zip(&first.fields).map(field).collect()))
    }

    /// The same shape may be two types in Go.
    fn is_same(&self, one: &Field, other: &Field) -> bool {
        let scope = Scope::new(self.scope.types, "step");
        one.name == other.name && scope.go(&one.ty) == scope.go(&other.ty)
    }

    /// The event itself; of a variant that of its first case.
    fn event(&self, ty: &Type) -> Option<(TypeId, &Record)> {
        match self.scope.types.base(ty)? {
            (id, TypeDefKind::Record(record)) => Some((id, record)),
            (_, TypeDefKind::Variant(variant)) => self.event(&variant.cases.first()?.ty?),
            _ => None,
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
