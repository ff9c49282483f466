//! A `requirements.txt`, read before pip sees it: by itself pip builds whatever source a line of it leads to, which runs
//! code of that source's author on this machine. Here a file names packages of an index and wheels, and where they are
//! looked for, and nothing else; whatever lies beside it is written out as it really is.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What a file says, with all those that it names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Requirements {
    /// Where packages are looked for and how, in the order in which pip takes them: `--no-index`.
    pub(super) options: Vec<String>,
    /// What is wanted: `requests==2.32`.
    pub(super) wanted: Vec<String>,
    /// What must hold of what is wanted.
    pub(super) constraints: Vec<String>,
    /// The wheels beside it.
    pub(super) wheels: BTreeSet<PathBuf>,
}

/// What the lines of a file are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lines {
    Wanted,
    Constraints,
}

/// What may stand in a line, for people.
const MAY: &str = "a step takes packages of an index (`requests==2.32`) and wheels (`wheels/tea-1.0-py3-none-any.whl`), \
    looked for where --index-url, --extra-index-url, --find-links and --no-index say; other files by -r and -c";

/// Reads a file and those that it names; an error is told by file and line.
pub(super) fn read(path: &Path) -> Result<Requirements, String> {
    let mut reader = Reader { read: Requirements::default(), seen: BTreeSet::new() };
    reader.file(path, Lines::Wanted)?;
    Ok(reader.read)
}

struct Reader {
    read: Requirements,
    /// A file may name one that names it.
    seen: BTreeSet<(PathBuf, Lines)>,
}

impl Reader {
    fn file(&mut self, path: &Path, lines: Lines) -> Result<(), String> {
        let told = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        let whole = path.canonicalize().map_err(|error| told(&error))?;
        if !self.seen.insert((whole, lines)) {
            return Ok(());
        }
        let text = fs::read_to_string(path).map_err(|error| told(&error))?;
        for (number, line) in logical_lines(&text) {
            let done = self.line(path, lines, &line);
            done.map_err(|why| format!("{}:{number}: {why}", path.display()))?;
        }
        Ok(())
    }

    fn line(&mut self, file: &Path, lines: Lines, line: &str) -> Result<(), String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.first() {
            None => Ok(()),
            Some(first) if first.starts_with('-') => self.options(file, &words),
            Some(_) => {
                let wanted = self.requirement(file, &words).ok_or_else(|| format!("`{line}`: {MAY}"))?;
                match lines {
                    Lines::Wanted => self.read.wanted.push(wanted),
                    Lines::Constraints => self.read.constraints.push(wanted),
                }
                Ok(())
            }
        }
    }

    /// `--no-index --find-links=wheels`
    fn options(&mut self, file: &Path, words: &[&str]) -> Result<(), String> {
        let mut words = words.iter().flat_map(|word| match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => vec![name, value],
            _ => vec![*word],
        });
        while let Some(name) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("`{name}` is to say of what"));
            match name {
                "--no-index" | "--pre" | "--require-hashes" => self.read.options.push(name.into()),
                "-i" | "--index-url" | "--extra-index-url" => {
                    let url = url(value()?)
                        .ok_or_else(|| format!("`{name}` takes an address, written out whole"))?;
                    self.read.options.push(format!("{name} {url}"));
                }
                "-f" | "--find-links" => {
                    let links = self.links(file, value()?)?;
                    self.read.options.push(format!("--find-links {links}"));
                }
                "-r" | "--requirement" => self.file(&beside(file, value()?), Lines::Wanted)?,
                "-c" | "--constraint" => self.file(&beside(file, value()?), Lines::Constraints)?,
                _ => return Err(format!("`{name}`: {MAY}")),
            }
        }
        Ok(())
    }

    /// A page of links, or a folder with wheels.
    fn links(&mut self, file: &Path, place: &str) -> Result<String, String> {
        if let Some(url) = url(place) {
            return Ok(url.to_owned());
        }
        let folder = beside(file, place);
        let told = |error| format!("{}: {error}", folder.display());
        let folder = folder.canonicalize().map_err(told)?;
        let entries = folder.read_dir().map_err(told)?.flatten().map(|entry| entry.path());
        self.read.wheels.extend(entries.filter(|path| path.extension().is_some_and(|kind| kind == "whl")));
        Ok(file_url(&folder))
    }

    /// A package or a wheel, with the markers and the hashes after it; none if it is something else.
    fn requirement(&mut self, file: &Path, words: &[&str]) -> Option<String> {
        let hashes = words.iter().position(|word| word.starts_with('-')).unwrap_or(words.len());
        let (words, hashes) = words.split_at(hashes);
        if !hashes.iter().all(|word| word.starts_with("--hash=") && is_made_of(word, "-=:")) {
            return None;
        }
        let text = words.join(" ");
        let (what, markers) =
            text.split_once(';').map_or((&*text, ""), |(what, markers)| (what.trim(), markers));
        if !is_made_of(markers, " <>=!~.,\"'()*+-_") {
            return None;
        }
        let what = match what.split_once('@') {
            Some((name, address)) if is_named(name.trim()) => {
                format!("{} @ {}", name.trim(), wheel_url(address.trim())?)
            }
            _ if what.contains("://") => wheel_url(what)?.to_owned(),
            _ if what.ends_with(".whl") => self.wheel(file, what)?,
            _ if is_named(what) => what.to_owned(),
            _ => return None,
        };
        let markers = if markers.is_empty() { String::new() } else { format!(" ; {}", markers.trim()) };
        let hashes: String = hashes.iter().map(|hash| format!(" {hash}")).collect();
        Some(what + &markers + &hashes)
    }

    fn wheel(&mut self, file: &Path, path: &str) -> Option<String> {
        let whole = beside(file, path).canonicalize().ok().filter(|whole| whole.is_file())?;
        let is_wheel = whole.extension().is_some_and(|kind| kind == "whl");
        let url = is_wheel.then(|| file_url(&whole));
        self.read.wheels.insert(whole);
        url
    }
}

/// Lines without comments, each with its number; a `\` at the end goes on with the next.
fn logical_lines(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut lines = text.trim_start_matches('\u{feff}').lines().zip(1..);
    std::iter::from_fn(move || {
        let (line, number) = lines.next()?;
        let mut whole = line.to_owned();
        while let Some(part) = whole.strip_suffix('\\') {
            whole = part.to_owned() + lines.next().map_or("", |(next, _)| next);
        }
        Some((number, without_comment(&whole).trim().to_owned()))
    })
}

/// A `#` begins a comment where a word could begin.
fn without_comment(line: &str) -> &str {
    let begins = |(at, _): &(usize, &str)| line[..*at].chars().next_back().is_none_or(char::is_whitespace);
    line.match_indices('#').find(begins).map_or(line, |(at, _)| &line[..at])
}

/// A path in a file is from where that lies.
fn beside(file: &Path, path: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(path)
}

/// `requests[socks]>=2,<3`
fn is_named(what: &str) -> bool {
    let end = what.find(|char: char| !char.is_ascii_alphanumeric() && !"-_.".contains(char));
    let (name, rest) = what.split_at(end.unwrap_or(what.len()));
    let is_archive = [".zip", ".gz", ".tgz", ".bz2", ".xz", ".tar"].iter().any(|end| name.ends_with(end));
    let rest = rest.trim();
    name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && !is_archive
        && (rest.is_empty() || rest.starts_with(['[', '<', '>', '=', '!', '~', '(']))
        && is_made_of(rest, " []<>=!~.,()*+-_")
}

/// The address of a page: pip would write what the environment holds in the place of `${NAME}`.
fn url(text: &str) -> Option<&str> {
    let is_url = text.starts_with("https://") || text.starts_with("http://");
    (is_url && !text.contains(['$', '\\', '"', '\''])).then_some(text)
}

/// The address of a wheel.
fn wheel_url(text: &str) -> Option<&str> {
    let path = text.split(['?', '#']).next()?;
    url(text).filter(|text| path.ends_with(".whl") && !text.contains(' '))
}

/// A path of this machine as pip takes it anywhere, whatever is in it.
fn file_url(path: &Path) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte);
    let bytes = path.as_os_str().as_encoded_bytes().iter();
    let escaped =
        bytes.map(|byte| if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") });
    format!("file://{}", escaped.collect::<String>())
}

fn is_made_of(text: &str, others: &str) -> bool {
    text.chars().all(|char| char.is_ascii_alphanumeric() || others.contains(char))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with these files, of which the first is read.
    fn read_of(files: &[(&str, &str)]) -> (tempfile::TempDir, Result<Requirements, String>) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let read = read(&folder.path().join(files[0].0));
        (folder, read)
    }

    #[test]
    fn packages_and_wheels_are_wanted_and_files_beside_it_read() {
        let text = "\u{feff}# ours\n-r more/base.txt  # theirs\n--index-url=https://a.example/simple --no-index\n\
            --find-links more\n-c limits.txt\nTea-leaves[all] >= 1, < 2 ; python_version < \"3.15\"\n\
            mint==1.0 \\\n  --hash=sha256:ab \\\n  --hash=sha256:cd\nmore/pot-1.0-py3-none-any.whl\n\
            cup @ https://a.example/cup-1.0-py3-none-any.whl#sha256=ab ; extra == 'x'\n\n";
        let (folder, read) = read_of(&[
            ("requirements.txt", text),
            ("more/base.txt", "-r ../requirements.txt\npot # a comment\n"),
            ("limits.txt", "mint<2\n"),
            ("more/pot-1.0-py3-none-any.whl", ""),
        ]);
        let more = folder.path().canonicalize().unwrap().join("more");
        let wheel = more.join("pot-1.0-py3-none-any.whl");
        let links = format!("--find-links {}", file_url(&more));
        let options = ["--index-url https://a.example/simple".to_owned(), "--no-index".into(), links];
        assert_eq!(
            read.unwrap(),
            Requirements {
                options: options.to_vec(),
                wanted: vec![
                    "pot".into(),
                    "Tea-leaves[all] >= 1, < 2 ; python_version < \"3.15\"".into(),
                    "mint==1.0 --hash=sha256:ab --hash=sha256:cd".into(),
                    file_url(&wheel),
                    "cup @ https://a.example/cup-1.0-py3-none-any.whl#sha256=ab ; extra == 'x'".into(),
                ],
                constraints: vec!["mint<2".into()],
                wheels: [wheel].into(),
            }
        );
    }

    #[test]
    fn nothing_that_pip_would_build_is_taken_and_nothing_of_the_environment() {
        for line in [
            "./evil",
            "evil/",
            "/tmp/evil",
            ".",
            "../evil[x]",
            "evil-1.0.tar.gz",
            "evil.zip ; python_version > \"3\"",
            "./evil-1.0.tar.gz",
            "-e ./evil",
            "--editable=./evil",
            "--no-binary evil",
            "--no-binary=:all:",
            "mint --config-settings=a=b",
            "mint --global-option=x",
            "mint ; python_version > \"3\" --no-binary mint",
            "evil @ ./evil",
            "evil @ file:///tmp/evil.tar.gz",
            "evil @ git+https://a.example/evil.whl",
            "git+https://a.example/evil.git",
            "https://a.example/evil-1.0.tar.gz",
            "https://a.example/evil.tar.gz?x.whl",
            "https://a.example/evil.tar.gz#x.whl",
            "file:///tmp/tea-1.0-py3-none-any.whl",
            "missing-1.0-py3-none-any.whl",
            "https://a.example/${HOME}/tea-1.0-py3-none-any.whl",
            "--index-url https://a.example/${SECRET}",
            "--index-url simple",
            "--find-links nowhere",
            "--index-url",
            "-revil.txt",
            "-r gone.txt",
            "-r base.txt",
        ] {
            let (folder, read) = read_of(&[
                ("requirements.txt", &format!("\n{line}\n")),
                ("base.txt", "-e .\n"),
                ("evil/setup.py", ""),
                ("evil-1.0.tar.gz", ""),
            ]);
            let told = read.expect_err(line);
            let place = format!("{}/requirements.txt:2: ", folder.path().display());
            assert!(told.starts_with(&place), "{told}");
        }
    }
}
