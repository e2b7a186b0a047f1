//! The files that a fix would change, but Herokey cannot.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::base::env::Env;
use crate::base::files;
use crate::base::terminal::Unset;
use crate::insight::facts::{Facts, ProtectedFile};
use crate::insight::programs::ProgramKind;
use crate::stores::netrc;

pub(super) fn find(env: &Env, facts: &Facts) -> Vec<ProtectedFile> {
    let variables = facts.overrides.variables.iter().filter_map(|variable| variable.set_in.as_ref());
    let api_key = facts.overrides.api_key.iter().filter_map(|api_key| api_key.set_in.as_ref());
    let lines = variables.chain(api_key).filter(|line| line.unset == Some(Unset::CommentOut));
    let mut paths: BTreeSet<&Path> = lines.map(|line| line.path.as_path()).collect();
    paths.extend(facts.docker.present().map(|login| login.path.as_path()));
    paths.extend(facts.accounts.present().into_iter().flatten().map(|file| file.path.as_path()));
    paths.extend(facts.git_tokens.iter().map(|token| token.path.as_path()));
    paths.extend(facts.netrc.hidden.iter().map(|token| token.path.as_path()));
    let servers = facts.programs.iter().filter_map(|program| match &program.kind {
        ProgramKind::McpServer(server) => Some(server.path.as_path()),
        _ => None,
    });
    paths.extend(servers);
    paths.extend(facts.broken_autostart.iter().map(|entry| entry.path.as_path()));
    let why = |path: &Path| files::obstacle(&fs::canonicalize(path).ok()?);
    let others = paths.into_iter().filter(|path| *path != facts.netrc.path);
    let found = others.filter_map(|path| Some((path, why(path)?)));
    let netrc = netrc::obstacle(&facts.netrc.path).map(|why| (facts.netrc.path.as_path(), why));
    let protected = |(path, why): (&Path, files::Obstacle)| ProtectedFile {
        path: path.to_owned(),
        shown: env.tilde(path),
        why: why.to_string(),
    };
    found.chain(netrc).map(protected).collect()
}
