//! The entries of git's configuration that decide which credential git uses, each with the line that sets it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{MAX_BYTES, failed, git, run};
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::files;

/// The keys to read, as an extended regular expression (git-config(1), `--get-regexp`).
const KEYS: &str = r"^(credential\.(.*\.)?(helper|username|usehttppath)|url\..*\.(insteadof|pushinsteadof)|http\.(.*\.)?extraheader|remote\..*\.(url|pushurl))$";

/// An entry of git's configuration.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// The section in lower case: `credential`, `url`, `http` or `remote`.
    pub(super) section: String,
    /// The subsection as it is written: a URL or the name of a remote.
    pub(super) subsection: Option<String>,
    /// The name in lower case.
    pub(super) name: String,
    /// The value; `None` if the line has no `=`.
    pub(super) value: Option<String>,
    /// `system`, `global`, `local`, `worktree` or `command` (git-config(1), "SCOPES").
    pub(super) scope: String,
    /// The file; `None` if the entry comes from the environment.
    pub(super) file: Option<PathBuf>,
    /// The line in the file, counted from 1; `None` if it was not found.
    pub(super) line: Option<usize>,
}

impl Entry {
    /// The key as git prints it.
    pub(super) fn key(&self) -> String {
        match &self.subsection {
            Some(subsection) => format!("{}.{subsection}.{}", self.section, self.name),
            None => format!("{}.{}", self.section, self.name),
        }
    }

    /// The file and line as people write them: `~/.gitconfig:12`.
    pub(super) fn shown(&self, env: &Env) -> String {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{}:{line}", env.tilde(file)),
            (Some(file), None) => env.tilde(file),
            (None, _) => "the environment".to_owned(),
        }
    }

    pub(super) fn is(&self, section: &str, name: &str) -> bool {
        self.section == section && self.name == name
    }
}

/// Reads the entries in git's order: system, global, repository, environment.
pub(super) fn read(env: &Env) -> Result<Vec<Entry>> {
    let arguments = ["config", "--null", "--show-origin", "--show-scope", "--get-regexp", KEYS];
    let output = run(env, git(env).args(arguments))?;
    if !output.status.success() && output.status.code() != Some(1) {
        return Err(failed("read", &output.stderr));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut fields = text.split_terminator('\0');
    let mut lines = Lines::default();
    let mut entries = Vec::new();
    while let (Some(scope), Some(origin), Some(entry)) = (fields.next(), fields.next(), fields.next()) {
        let (key, value) = entry.split_once('\n').map_or((entry, None), |(key, value)| (key, Some(value)));
        let (path, name) = key.rsplit_once('.').unwrap_or_default();
        let (section, subsection) =
            path.split_once('.').map_or((path, None), |(section, rest)| (section, Some(rest)));
        let file = origin.strip_prefix("file:").map(|path| super::folder(env).join(path));
        entries.push(Entry {
            line: file.as_ref().and_then(|file| lines.next(file, section, name)),
            section: section.to_owned(),
            subsection: subsection.map(str::to_owned),
            name: name.to_owned(),
            value: value.map(str::to_owned),
            scope: scope.to_owned(),
            file,
        });
    }
    Ok(entries)
}

/// The lines that set a name in a section, by both in lower case.
type LinesByName = BTreeMap<(String, String), std::vec::IntoIter<usize>>;

/// The lines of each file, handed out one by one: git prints its entries in order, but without line numbers.
#[derive(Default)]
struct Lines(BTreeMap<PathBuf, LinesByName>);

impl Lines {
    fn next(&mut self, file: &Path, section: &str, name: &str) -> Option<usize> {
        let lines = self.0.entry(file.to_owned()).or_insert_with(|| lines_of(file));
        lines.get_mut(&(section.to_owned(), name.to_owned()))?.next()
    }
}

/// The numbers of the lines that set something (git-config(1), "CONFIGURATION FILE").
fn lines_of(path: &Path) -> LinesByName {
    let Ok(Some(bytes)) = files::read(path, MAX_BYTES) else { return LinesByName::new() };
    let text = String::from_utf8_lossy(&bytes);
    let mut found = BTreeMap::<_, Vec<usize>>::new();
    let (mut section, mut continued) = (String::new(), false);
    for (number, line) in text.lines().enumerate() {
        let is_continued = std::mem::replace(&mut continued, line.ends_with('\\'));
        let mut rest = line.trim_start();
        if is_continued {
            continue;
        }
        if let Some((header, after)) = section_header(rest) {
            section = header.split([' ', '\t', '"', '.']).next().unwrap_or_default().to_ascii_lowercase();
            rest = after.trim_start();
        }
        let name = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default();
        if !name.is_empty() {
            found.entry((section.clone(), name.to_ascii_lowercase())).or_default().push(number + 1);
        }
    }
    found.into_iter().map(|(key, lines)| (key, lines.into_iter())).collect()
}

/// The header of a section, without its brackets, and what follows on the line. A bracket in quotes does not end it.
pub(super) fn section_header(line: &str) -> Option<(&str, &str)> {
    let header = line.strip_prefix('[')?;
    let (mut quoted, mut escaped) = (false, false);
    let end = header.find(|c| {
        let is_end = c == ']' && !quoted;
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        is_end
    })?;
    Some((&header[..end], &header[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_lines_of_each_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let text = "[user]\n\thelper = no\n[credential] helper = store\n[credential \"https://git.heroku.com\"]\n\t\
                    username = \\\nhelper = no\n\tHelper=\n\t# helper = no\n\thelper = mine\n[core]\n\thelper = no\n\
                    [url \"https://[::1]/\"] insteadOf = x\n";
        std::fs::write(&path, text).unwrap();
        let mut lines = Lines::default();
        let mut next = |section: &str, name: &str| lines.next(&path, section, name);
        let helpers: Vec<_> = (0..4).map(|_| next("credential", "helper")).collect();
        assert_eq!(helpers, [Some(3), Some(7), Some(9), None]);
        assert_eq!(next("url", "insteadof"), Some(12));
    }
}
