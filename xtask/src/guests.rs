//! The plugins' components: every `plugins/*/steps/NAME` becomes `plugins/*/components/NAME.wasm`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use lockstep_toolchain::{Built, Error, Install, Language, MANIFEST, Toolchain};

use crate::stage::{root, say, target};

/// A plugin whose steps could not all be built, and why.
pub(crate) struct LeftOut {
    /// Its folder.
    pub(crate) plugin: PathBuf,
    /// What is missing, and the fix.
    pub(crate) why: String,
}

/// Builds them all, and installs what the build needs.
pub(crate) fn build() -> Result<()> {
    match build_what_can_be()?.into_iter().next() {
        Some(LeftOut { why, .. }) => bail!("{why}"),
        None => Ok(()),
    }
}

/// Builds those whose languages can be built on this machine.
pub(crate) fn build_what_can_be() -> Result<Vec<LeftOut>> {
    let progress = |line: &str| say(&format!("   {line}"));
    let toolchain = Toolchain {
        cache: lockstep_toolchain::user_cache().unwrap_or_else(target),
        target_dir: target().join("guests"),
        install: Install::Allowed,
    };
    let mut left_out = Vec::new();
    for sources in by_language()?.values() {
        match toolchain.build(sources, &progress) {
            Ok(all) => all.iter().try_for_each(keep)?,
            Err(error @ Error::Missing { .. }) => {
                let why = error.to_string();
                let plugins = sources.iter().filter_map(|source| source.parent()?.parent());
                left_out
                    .extend(plugins.map(|plugin| LeftOut { plugin: plugin.to_owned(), why: why.clone() }));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(left_out)
}

fn keep(built: &Built) -> Result<()> {
    let component = component(&built.source)?;
    built.write(&component)?;
    let shown = component.strip_prefix(root()).unwrap_or(&component).display().to_string();
    say(&format!("   {shown}  {} KiB  {}", built.component.len().div_ceil(1024), built.language.title()));
    Ok(())
}

fn by_language() -> Result<BTreeMap<Language, Vec<PathBuf>>> {
    let mut languages: BTreeMap<Language, Vec<PathBuf>> = BTreeMap::new();
    for source in sources()? {
        languages.entry(lockstep_toolchain::language(&source)?).or_default().push(source);
    }
    Ok(languages)
}

/// The folders of all workflows and guests.
pub(crate) fn plugins() -> Result<Vec<PathBuf>> {
    folders(&root().join("plugins"), "steps")
}

fn sources() -> Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for plugin in plugins()? {
        sources.extend(folders(&plugin.join("steps"), "Cargo.toml")?);
        sources.extend(folders(&plugin.join("steps"), MANIFEST)?);
    }
    Ok(sources)
}

/// The folders in `parent` that hold an entry of this name, in order.
fn folders(parent: &Path, holding: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(parent).with_context(|| format!("{} cannot be read", parent.display()))?;
    let mut folders: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join(holding).exists())
        .collect();
    folders.sort();
    Ok(folders)
}

fn component(source: &Path) -> Result<PathBuf> {
    let name = source.file_name().context("a step has a name")?.to_string_lossy();
    let plugin = source.parent().and_then(Path::parent).context("a step lies in a plugin")?;
    Ok(plugin.join("components").join(format!("{name}.wasm")))
}
