//! `lockstep grant draft`: the grant that a component needs, as narrow as can be told from its bytes.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use lockstep_core::contract::Contract;
use lockstep_core::grant::Right;

use crate::cli::inspect;
use crate::contract;
use crate::exit::Exit;
use crate::inert::inert;
use crate::project::{Candidate, Loading, Refused};
use crate::report;

/// Write a first grant: the digest, and one table for each right that the component asks for
///
/// Each table is the narrowest one that can be told from the component alone; put in what it is to reach.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lockstep grant draft theirs.wasm                      to stdout
  lockstep grant draft theirs.wasm -o grants/pay.toml   into a file, which must not be there yet")]
pub(super) struct Draft {
    /// A component: a file, file:///…, or oci://…
    component: String,
    /// Where to write it
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Draft {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let text = text(&inspect::find(&self.component, &Loading::new())?);
        match &self.output {
            None => report::out(&text)?,
            Some(path) => {
                write_new(path, &text)?;
                report::progress(&told(path));
            }
        }
        Ok(Exit::Done)
    }
}

fn told(path: &Path) -> String {
    format!(
        "{}: put in what the step is to reach, name the file by `grant` in workflow.toml, then `lockstep grant \
         accept STEP`",
        inert(&path.display().to_string())
    )
}

fn write_new(path: &Path, text: &str) -> Result<(), Refused> {
    let refused = |why: String| Refused::one(format!("{} cannot be written: {why}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| refused(error.to_string()))?;
    }
    let file = fs::File::create_new(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => refused(
            "it is there already; `lockstep grant accept` changes it, or name another with `-o`".to_owned(),
        ),
        _ => refused(error.to_string()),
    });
    file?.write_all(text.as_bytes()).map_err(|error| refused(error.to_string()))
}

/// Whether a component asks for anything that a grant gives.
pub(in crate::cli) fn is_needed(contract: &Contract) -> bool {
    !contract::asked(contract).is_empty()
}

/// The grant's file.
pub(in crate::cli) fn text(candidate: &Candidate) -> String {
    let contract = &candidate.contract;
    let mut text = format!(
        "# What a step may reach with this component, and nothing else. Make each table as narrow as the\n\
         # step allows.\n\
         grant = 1\n\n\
         [component]\n\
         digest = \"{}\"\n\
         asks = \"{}\"\n",
        candidate.digest(),
        contract::asks(contract)
    );
    let mut written = Vec::new();
    for import in contract::asked(contract) {
        let Some(right) = Right::of_import(&import.name) else {
            text += &format!("\n# it asks for {} too, which this host cannot grant yet\n", import.name);
            continue;
        };
        if !written.contains(&right) {
            written.push(right);
            text += &format!("\n# for {}\n{}", import.name, table(right));
        }
    }
    text
}

/// The narrowest table of a right, with what to think about beside it.
fn table(right: Right) -> &'static str {
    match right {
        Right::Http => {
            "[[http]]\n\
             host = \"api.example.com\"    # the one it is to reach; \"*.example.com\": all below that\n\
             methods = [\"GET\"]\n\
             paths = [\"/\"]               # \"*\": one segment, \"**\": the rest\n\
             network = \"public\"\n"
        }
        Right::Tools => {
            "[[tools]]\n\
             mcp = \"server\"       # the one of lockstep.toml that has the tool\n\
             allow = [\"tool\"]    # the names of those that it may call\n"
        }
        Right::State => "[state]\nrun = \"r\"    # \"rw\": it writes too\n",
        Right::Updates => "[updates]\nbytes = \"64KiB\"    # of one attempt\n",
        Right::Kv => {
            "[[kv]]\n\
             store = \"cache\"      # the name by which it opens it\n\
             access = \"r\"         # \"rw\": it writes too\n\
             bytes = \"1MiB\"\n"
        }
        Right::Config => "[config]    # the keys that it reads, and their values\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_each_right_grants_that_right_and_no_other() {
        for right in Right::ALL {
            let grant = lockstep_core::grant::parse(&format!("grant = 1\n{}", table(right)))
                .unwrap_or_else(|why| panic!("{why:?}"));
            let granted: Vec<_> = Right::ALL.into_iter().filter(|other| grant.has(*other)).collect();
            assert_eq!(granted, [right], "{}", table(right));
        }
    }
}
