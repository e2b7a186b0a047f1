//! Reads every object of a repository with `git cat-file` (git-cat-file(1), "BATCH OUTPUT"), which runs no hook, no filter
//! and no other program that a repository names.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;

use super::{git_with, program};
use crate::base::env::Env;
use crate::base::files::read_bounded;
use crate::base::masking::hide_credentials;
use crate::base::text::paragraph;

/// git streams blobs above this size instead of having them in memory.
const STREAMED_ABOVE: &str = "core.bigFileThreshold=1m";
/// The name of an object, its kind and its size.
const MAX_LINE: u64 = 256;
/// The limit for standard error, which is more than any error message.
const MAX_STDERR_BYTES: u64 = 64 << 10;
/// How many of git's messages are kept: a damaged repository has one an object.
const MAX_TOLD: usize = 3;
const BUFFER: usize = 128 << 10;

/// The kind of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// A commit, with its message.
    Commit,
    /// The content of a file.
    Blob,
    /// An annotated tag, with its message.
    Tag,
    /// A folder, which has only names in it.
    Tree,
}

const KINDS: [ObjectKind; 4] = [ObjectKind::Commit, ObjectKind::Blob, ObjectKind::Tag, ObjectKind::Tree];

impl ObjectKind {
    /// git's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Blob => "blob",
            Self::Tag => "tag",
            Self::Tree => "tree",
        }
    }
}

/// All objects of a repository, also those that nothing leads to. git is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Objects {
    git: Child,
    output: BufReader<ChildStdout>,
    stderr: mpsc::Receiver<String>,
    /// The bytes before the next object's line.
    left: u64,
    /// The objects that git could not find.
    missing: u64,
}

/// An object, which is read like a file.
pub(crate) struct Object<'a> {
    /// Its name in hexadecimal digits.
    pub(crate) id: String,
    pub(crate) kind: ObjectKind,
    /// Its size in bytes.
    pub(crate) size: u64,
    objects: &'a mut Objects,
}

impl Objects {
    /// Starts git for the repository whose folder is `repository`. Its objects come in the order in which they are stored,
    /// with those that it borrows from other repositories (gitrepository-layout(5), "alternates").
    pub(crate) fn of(env: &Env, repository: &Path) -> io::Result<Self> {
        if program(env).is_none() {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "git is not installed, so its objects were not searched",
            ));
        }
        let mut git = command(env, repository).spawn()?;
        let missing_pipe = || io::Error::other("git has no output");
        let output = BufReader::with_capacity(BUFFER, git.stdout.take().ok_or_else(missing_pipe)?);
        let stderr = stderr_of(&mut git);
        Ok(Self { git, output, stderr, left: 0, missing: 0 })
    }

    /// The next object; the rest of the one before is skipped. `None` after the last one.
    ///
    /// # Errors
    /// With git's words if it could not read everything. No object comes after an error.
    pub(crate) fn next(&mut self) -> io::Result<Option<Object<'_>>> {
        loop {
            io::copy(&mut (&mut self.output).take(self.left), &mut io::sink())?;
            let mut line = Vec::new();
            (&mut self.output).take(MAX_LINE).read_until(b'\n', &mut line)?;
            if line.is_empty() {
                return self.end().map(|()| None);
            }
            let line = String::from_utf8_lossy(&line);
            let mut words = line.trim_end().split(' ');
            let (Some(id), Some(kind)) = (words.next(), words.next()) else { return Err(not_understood()) };
            if kind == "missing" {
                self.missing += 1;
                self.left = 0;
                continue;
            }
            let kind = KINDS.into_iter().find(|one| one.name() == kind).ok_or_else(not_understood)?;
            let size: u64 = words.next().and_then(|size| size.parse().ok()).ok_or_else(not_understood)?;
            self.left = size + 1;
            return Ok(Some(Object { id: id.to_owned(), kind, size, objects: self }));
        }
    }

    /// Fails if git says that something is damaged.
    fn end(&mut self) -> io::Result<()> {
        let status = self.git.wait()?;
        let said = self.stderr.recv().unwrap_or_default();
        if !said.is_empty() {
            return Err(io::Error::other(said));
        }
        if !status.success() {
            return Err(io::Error::other(format!("git ended with {status}")));
        }
        match self.missing {
            0 => Ok(()),
            missing => Err(io::Error::other(format!("git cannot read {missing} of its objects"))),
        }
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // Both fail if git has ended already.
        let _ = self.git.kill();
        let _ = self.git.wait();
    }
}

impl Read for Object<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // The line break after the object is not a part of it.
        let content = self.objects.left.saturating_sub(1);
        let read = (&mut self.objects.output).take(content).read(buffer)?;
        if read == 0 && content > 0 && !buffer.is_empty() {
            self.objects.end()?;
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.objects.left -= read as u64;
        Ok(read)
    }
}

fn command(env: &Env, repository: &Path) -> Command {
    let mut git = git_with(env, |_| false);
    // The user's variables for another repository, and those that make git write to standard error.
    let concerns = |name: &str| {
        let others = ["GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR"];
        others.contains(&name) || name.starts_with("GIT_TRACE")
    };
    let given: Vec<OsString> = git.get_envs().map(|(name, _)| name.to_owned()).collect();
    for name in given.iter().filter(|name| name.to_str().is_some_and(concerns)) {
        git.env_remove(name);
    }
    git.env("GIT_DIR", repository)
        // The working tree of a removed submodule is gone.
        .env("GIT_WORK_TREE", repository)
        // What is missing in a partial clone is not fetched.
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("LC_ALL", "C")
        .args(["-c", STREAMED_ABOVE])
        .args(["cat-file", "--batch-all-objects", "--unordered", "--buffer", "--batch"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    git
}

/// What git says, safe to show. A thread reads it, so that git never waits for that.
fn stderr_of(git: &mut Child) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::sync_channel(1);
    if let Some(mut stderr) = git.stderr.take() {
        std::thread::spawn(move || {
            let bytes = read_bounded((&mut stderr).take(MAX_STDERR_BYTES), 0, MAX_STDERR_BYTES);
            // Both fail if nobody needs the answer any more.
            let _ = io::copy(&mut stderr, &mut io::sink());
            let _ = sender.send(told(&String::from_utf8_lossy(&bytes.unwrap_or_default())));
        });
    }
    receiver
}

/// The first of git's errors, each once. Its warnings do not matter here.
fn told(stderr: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let is_error = |line: &&str| line.starts_with("error: ") || line.starts_with("fatal: ");
    for line in stderr.lines().map(str::trim).filter(is_error) {
        if !lines.contains(&line) {
            lines.push(line);
        }
        if lines.len() == MAX_TOLD {
            break;
        }
    }
    hide_credentials(&paragraph(&lines.join("; ")))
}

fn not_understood() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "git's answer is not understood")
}
