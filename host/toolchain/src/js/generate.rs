//! What lies in `gen/`, file by file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wit_parser::TypeDefKind;

use super::model::{Handler, Model};
use super::names::{camel, comment};
use super::{declare, shapes};
use crate::build::Job;
use crate::{Error, Language, World, embedded, generated};

/// The file that tsc holds handlers against the world by.
pub(super) const CHECK: &str = "check/handlers.ts";

/// Files by their path within `gen/`.
pub(super) type Files = BTreeMap<PathBuf, String>;

const HEAD: &str = "// Written by `lockstep build` from the step's WIT; changes are lost.\n";

/// Writes bindings, glue and SDK into `gen/`.
pub(crate) fn generate(job: &Job) -> Result<(), Error> {
    generated::write(&job.source.generated(), files(job.world, job.source.language, &main_from_gen(job)))
}

/// All files of `gen/`; `main` is the path of the author's file from there.
pub(super) fn files(world: &World, language: Language, main: &str) -> Files {
    let model = Model::of(world);
    let mut files: Files = sdk().collect();
    let mut code = |path: &str, text: String| drop(files.insert(path.into(), format!("{HEAD}\n{text}")));
    code("events.js", classes(&model));
    code("events.d.ts", declare::events(&model));
    code("handlers.d.ts", declare::handlers(&model));
    code("lockstep.js", exports(&model, ""));
    code("lockstep.d.ts", exports(&model, "/// <reference path=\"./lockstep/globals.d.ts\" />\n\n"));
    code("world.js", shapes::world(&model));
    code("host.js", host(&model));
    code("component.js", component(&model, main));
    if language == Language::TypeScript {
        code(CHECK, check(&model, main));
        files.insert("check/tsconfig.json".into(), CHECK_CONFIG.into());
        files.insert("tsconfig.json".into(), CONFIG.into());
    }
    files.insert("package.json".into(), PACKAGE.into());
    files
}

/// The author's file, seen from `gen/`.
fn main_from_gen(job: &Job) -> String {
    let main = job.source.main.strip_prefix(&job.source.folder).unwrap_or(&job.source.main);
    format!("../{}", main.display())
}

/// The SDK, under the name that an author imports it by.
fn sdk() -> impl Iterator<Item = (PathBuf, String)> {
    let own = embedded::JS.iter().filter_map(|(path, text)| Some((path.strip_prefix("src/")?, text)));
    own.map(|(path, text)| (Path::new("lockstep").join(path), (*text).to_owned()))
}

/// `events.js`: a class for each event.
fn classes(model: &Model) -> String {
    let class = |id| {
        let definition = model.definition(id);
        let (TypeDefKind::Record(record), Some(_)) = (&definition.kind, model.event(id)) else { return None };
        let set = |field: &wit_parser::Field| {
            let name = camel(&field.name);
            format!("    this.{name} = fields.{name};\n")
        };
        let sets: String = record.fields.iter().map(set).collect();
        let docs = comment(definition.docs.contents.as_deref(), "");
        let name = model.name_of(id)?;
        Some(format!("{docs}export class {name} {{\n  constructor(fields) {{\n{sets}  }}\n}}\n"))
    };
    model.types.iter().filter_map(|id| class(*id)).collect::<Vec<_>>().join("\n")
}

/// `lockstep.js` and its declarations: what the world gives of the SDK.
fn exports(model: &Model, head: &str) -> String {
    let mut text = head.to_owned();
    for (module, _) in &model.modules {
        text += &match *module {
            "log" => "export { trace, debug, info, warn, error } from './lockstep/log.js';\n".to_owned(),
            module => format!("export * as {module} from './lockstep/{module}.js';\n"),
        };
    }
    text + "export * as json from './lockstep/json.js';\nexport { Failure } from './lockstep/failure.js';\n"
}

/// `host.js`: within a component, the interfaces that the world imports.
fn host(model: &Model) -> String {
    let import = |(module, name): &(&str, String)| format!("import * as {module} from '{name}';\n");
    let imports: String = model.modules.iter().map(import).collect();
    let names: Vec<_> = model.modules.iter().map(|(module, _)| *module).collect();
    format!(
        "{imports}import {{ guarded }} from './lockstep/guard.js';\n\nexport const host = guarded({{ {} }});\n",
        names.join(", ")
    )
}

/// `component.js`: what the component exports.
fn component(model: &Model, main: &str) -> String {
    let export = |handler: &Handler| format!("export const {0} = handlers.{0};\n", handler.name);
    let exports: String = model.handlers.iter().map(export).collect();
    format!(
        "import {{ explain }} from './lockstep/engine.js';\n\
         import {{ wrap }} from './lockstep/handlers.js';\n\
         import {{ world }} from './world.js';\n\
         import * as step from '{main}';\n\n\
         const handlers = wrap(world, step, explain);\n{exports}"
    )
}

/// `check/handlers.ts`: a line for each handler, which tsc finds wrong where the handler is.
fn check(model: &Model, main: &str) -> String {
    let stem = main.strip_suffix("ts").unwrap_or(main);
    let line = |handler: &Handler| format!("step.{0} satisfies Handlers['{0}'];\n", handler.name);
    let lines: String = model.handlers.iter().map(line).collect();
    format!(
        "import type {{ Handlers }} from '../handlers.js';\nimport * as step from '../{stem}js';\n\n{lines}"
    )
}

/// In plain Node the host is a stand-in.
const PACKAGE: &str = r##"{
  "private": true,
  "type": "module",
  "imports": {
    "#host": {
      "lockstep-component": "./host.js",
      "default": "./lockstep/testing/standin.js"
    }
  }
}
"##;

const CONFIG: &str = r#"{
  "compilerOptions": {
    "strict": true,
    "target": "es2023",
    "lib": ["es2023"],
    "module": "esnext",
    "moduleResolution": "bundler",
    "isolatedModules": true,
    "skipLibCheck": true,
    "noEmit": true,
    "types": []
  }
}
"#;

const CHECK_CONFIG: &str = r#"{
  "extends": "../tsconfig.json",
  "files": ["handlers.ts"]
}
"#;
