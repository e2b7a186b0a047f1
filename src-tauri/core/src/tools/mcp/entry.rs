//! Finds servers in a configuration, and what starts them.

use super::Format;
use super::tree::{Member, Node, Value};

/// A server's entry.
pub(super) struct Entry<'t> {
    /// The names that lead to it.
    pub(super) path: Vec<String>,
    /// The tables that lead to it, from the root, and the entry itself.
    pub(super) chain: Vec<&'t Node>,
}

/// What starts a server.
pub(super) struct Launch<'t> {
    /// The tables that lead to `command` and `args`, from the root.
    pub(super) chain: Vec<&'t Node>,
    /// The names that lead there.
    pub(super) path: Vec<String>,
    pub(super) command: &'t Member,
    pub(super) args: Option<&'t Member>,
}

/// Every server that counts, in the order of the file.
pub(super) fn entries(root: &Node, format: Format) -> Vec<Entry<'_>> {
    let mut holders: Vec<Vec<&str>> = vec![vec![format.key()]];
    if format == Format::ClaudeCode {
        let projects = root.last("projects").map(|projects| projects.node.members()).unwrap_or_default();
        let names = projects.iter().map(|project| project.name.as_str());
        holders.extend(names.map(|name| vec!["projects", name, format.key()]));
    }
    let mut found: Vec<Entry<'_>> = Vec::new();
    for holder in holders {
        let Some(servers) = follow(root, &holder) else { continue };
        let names = servers.chain.last().map(|servers| servers.members()).unwrap_or_default();
        for server in names {
            let path: Vec<&str> = holder.iter().copied().chain([server.name.as_str()]).collect();
            let is_new = found.iter().all(|entry| entry.path != path);
            found.extend(follow(root, &path).filter(|_| is_new));
        }
    }
    found
}

/// The entry that counts at this path.
pub(super) fn follow<'t>(root: &'t Node, path: &[impl AsRef<str>]) -> Option<Entry<'t>> {
    let mut chain = vec![root];
    for name in path {
        chain.push(&chain.last()?.last(name.as_ref())?.node);
    }
    Some(Entry { path: path.iter().map(|name| name.as_ref().to_owned()).collect(), chain })
}

/// Every value at this path, those that do not count included.
pub(super) fn all_at<'t>(root: &'t Node, path: &[String]) -> Vec<&'t Node> {
    path.iter().fold(vec![root], |nodes, name| {
        nodes.into_iter().flat_map(|node| node.all(name).map(|member| &member.node)).collect()
    })
}

impl<'t> Entry<'t> {
    /// The entry itself.
    pub(super) fn node(&self) -> Option<&'t Node> {
        self.chain.last().copied()
    }

    /// What starts the server. `None` if nothing does, as for a remote one.
    ///
    /// In Zed, `command` was a table with `path`, `args` and `env` until June 2025 (`migrator`, `m_2025_06_27`), and Zed
    /// still reads that.
    pub(super) fn launch(&self) -> Option<Launch<'t>> {
        let node = self.node()?;
        let command = node.last("command")?;
        let (chain, path, table, command) = if let Value::Table(..) = command.node.value {
            let chain = self.chain.iter().copied().chain([&command.node]).collect();
            let path = self.path.iter().cloned().chain(["command".to_owned()]).collect();
            (chain, path, &command.node, command.node.last("path")?)
        } else {
            (self.chain.clone(), self.path.clone(), node, command)
        };
        command.node.text().filter(|text| !text.trim().is_empty())?;
        Some(Launch { chain, path, command, args: table.last("args") })
    }

    /// The tables with variables, each as the tables that lead to it and itself. The server gets the last one.
    pub(super) fn variables(&self) -> Vec<Vec<&'t Node>> {
        let Some(node) = self.node() else { return Vec::new() };
        let commands = node.all("command").map(|member| [self.chain.clone(), vec![&member.node]].concat());
        let holders = [self.chain.clone()].into_iter().chain(commands);
        let envs = holders.flat_map(|holder| {
            let envs = holder.last().map(|node| node.all("env").collect::<Vec<_>>()).unwrap_or_default();
            envs.into_iter().map(move |env| [holder.clone(), vec![&env.node]].concat())
        });
        envs.collect()
    }

    /// The variable that the server gets, or one that a later table of the same name hides.
    pub(super) fn variable(&self, name: &str) -> Option<&'t Member> {
        self.variables().iter().rev().find_map(|chain| chain.last()?.last(name))
    }
}

impl Launch<'_> {
    /// True if it is Heroku's own server, as a package or through the Heroku CLI.
    pub(super) fn is_herokus(&self) -> bool {
        let args = self.args.and_then(|args| args.node.list()).unwrap_or_default();
        let words = args.iter().filter_map(Node::text).chain(self.command.node.text());
        words.into_iter().any(|word| {
            word.contains("@heroku/mcp-server") || word.contains("heroku-mcp-server") || word == "mcp:start"
        })
    }

    /// True if `herokey exec` starts the server.
    pub(super) fn is_herokey(&self) -> bool {
        let command = self.command.node.text().unwrap_or_default();
        let program = command.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
        let first = self.args.and_then(|args| args.node.list()?.first()?.text());
        program.strip_suffix(".exe").unwrap_or(&program) == "herokey" && first == Some("exec")
    }
}
