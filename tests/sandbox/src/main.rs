//! `heroku-sandbox`: runs a sandbox as a process of its own, until it is killed.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::Parser;
use heroku_sandbox::{Account, Config, Sandbox, Tls};

/// A fake Heroku on localhost
///
/// Prints its addresses as one line of JSON once it accepts connections.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Serve plain HTTP at this address; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS")]
    http: Option<SocketAddr>,
    /// Serve TLS at this address; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", requires = "ca")]
    https: Option<SocketAddr>,
    /// A DNS name for the certificate; can be repeated
    #[arg(long = "name", value_name = "DNS", default_value = "localhost")]
    names: Vec<String>,
    /// Write the certificate of the authority to this file, as PEM
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Keep the git repositories in this folder
    #[arg(long, value_name = "FOLDER")]
    repos: PathBuf,
    /// Add an account; can be repeated
    #[arg(long = "account", value_name = "EMAIL[:PASSWORD]")]
    accounts: Vec<String>,
    /// Lifetime of the tokens from browser logins, in seconds
    #[arg(long, value_name = "SECONDS")]
    login_lifetime: Option<u64>,
}

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    match start(Arguments::parse()) {
        // Not dropped, so the sandbox runs as long as this process.
        Ok(_sandbox) => loop {
            thread::park();
        },
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: Arguments) -> Result<Sandbox, Box<dyn std::error::Error>> {
    let tls = arguments.https.zip(arguments.ca);
    let defaults = Config::new(arguments.repos);
    let sandbox = Sandbox::start(Config {
        http: arguments.http,
        tls: tls.map(|(address, authority)| Tls { address, names: arguments.names, authority }),
        login_lifetime: arguments.login_lifetime.map(Duration::from_secs).or(defaults.login_lifetime),
        ..defaults
    })?;
    for account in arguments.accounts {
        let (email, password) = match account.split_once(':') {
            Some((email, password)) => (email, Some(password.to_owned())),
            None => (account.as_str(), None),
        };
        sandbox.add_account(Account { password, ..Account::new(email) });
    }
    let addresses = serde_json::json!({"http": sandbox.http_address(), "https": sandbox.https_address()});
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{addresses}")?;
    stdout.flush()?;
    Ok(sandbox)
}
