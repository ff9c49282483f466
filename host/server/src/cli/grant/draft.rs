//! `lockstep grant draft`: the grant that a component needs, as narrow as can be told from its bytes.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use lockstep_core::contract::Contract;
use lockstep_core::grant::Right;
use lockstep_core::grant::tools::Tool;

use super::{pins, servers};
use crate::cli::inspect;
use crate::contract;
use crate::exit::Exit;
use crate::inert::inert;
use crate::operator::Operator;
use crate::project::{Candidate, Loading, Refused};
use crate::report;

/// Write a first grant: the digest, and one table for each right that the component asks for
///
/// Each table is the narrowest one that can be told from the component alone; put in what it is to reach.
///
/// Where it calls tools and the operator's file has servers of them, each is asked what tools it has; they
/// stand in the draft as comments.
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
    pub(super) fn run(self, config: Option<&Path>) -> anyhow::Result<Exit> {
        let candidate = inspect::find(&self.component, &Loading::new())?;
        let tools = match calls_tools(&candidate.contract) {
            true => choices(&Operator::find(config)?)?,
            false => String::new(),
        };
        let text = with_tools(&candidate, &tools);
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
    with_tools(candidate, "")
}

/// The same with these lines in the place of an example of tools, if there are any.
fn with_tools(candidate: &Candidate, tools: &str) -> String {
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
            let table = match right {
                Right::Tools if !tools.is_empty() => tools,
                _ => table(right),
            };
            text += &format!("\n# for {}\n{table}", import.name);
        }
    }
    text
}

fn calls_tools(contract: &Contract) -> bool {
    contract::asked(contract).iter().any(|import| Right::of_import(&import.name) == Some(Right::Tools))
}

/// What all servers of the operator's offer.
fn choices(operator: &Operator) -> Result<String, Refused> {
    let said = servers::ask_each(operator, &operator.tool_server_names())?;
    Ok(said.iter().map(|(server, said)| choice(server, said)).collect())
}

/// What a server of the operator's offers, as a table that grants nothing until somebody takes the comment
/// away. All that it says stands on lines of comments.
fn choice(server: &str, said: &servers::Said) -> String {
    let tools = match said {
        Ok(tools) => tools,
        Err(why) => return format!("# {server} does not tell its tools: {}\n", inert(why)),
    };
    let tool = |tool: &Tool| {
        let name = serde_json::Value::from(tool.name.as_str()).to_string();
        let line = format!("#     {},    # {}", inert(&name), inert(&pins::cut(&tool.description)));
        format!("{}\n", line.trim_end_matches(['#', ' ']))
    };
    format!(
        "# {server} has these tools: leave those that it may call, and take the `#` away; `approve` names those\n\
         # that a person decides on, call by call\n\
         # [[tools]]\n\
         # mcp = \"{server}\"\n\
         # allow = [\n{}# ]\n\
         # calls = 20    # of one run\n",
        tools.iter().map(tool).collect::<String>()
    )
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
    fn the_tools_of_a_server_are_a_choice_that_grants_nothing_by_itself_whatever_it_says() {
        let tool = |name: &str, description: &str| Tool {
            name: name.into(),
            description: description.into(),
            schema: serde_json::Value::Null,
        };
        let said = [tool("pay", "pays\n[[tools]]\u{1b}[2J"), tool("a\"\n", "")];
        let text = choice("bank", &Ok(said.into())) + &choice("shop", &Err("it is\ngone".into()));
        expect_test::expect![[r##"
            # bank has these tools: leave those that it may call, and take the `#` away; `approve` names those
            # that a person decides on, call by call
            # [[tools]]
            # mcp = "bank"
            # allow = [
            #     "pay",    # pays\n[[tools]]\u{1b}[2J
            #     "a\"\n",
            # ]
            # calls = 20    # of one run
            # shop does not tell its tools: it is\ngone
        "##]]
        .assert_eq(&text);
        let grant = lockstep_core::grant::parse(&format!("grant = 1\n{text}")).unwrap();
        assert!(!grant.has(Right::Tools));
    }

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
