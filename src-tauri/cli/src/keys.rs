//! `herokey keys`: the account's SSH keys.

use std::io::{Read, Write};
use std::path::Path;

use herokey_core::action::Action;
use herokey_core::heroku::keys;
use herokey_core::heroku::keys::PublicKey;
use herokey_core::heroku::{Cancel, Heroku};
use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::lookup;
use herokey_core::{Code, Env, Error, Result};
use serde_json::{Value, json};

use crate::Failure;
use crate::args::{Keys, KeysCommand};
use crate::prompt::Prompter;
use crate::terminal::{self, perform};

/// More than a public key file needs: the longest key, of 16,384 bits, takes 3 KiB.
const MAX_BYTES: u64 = 64 << 10;

pub(crate) fn run(env: &Env, args: Keys) -> Result<(), Failure> {
    let prompter = Prompter::new(env);
    let action = match args.command {
        None => return list(env, &prompter, args.json),
        Some(KeysCommand::Add { file }) => Action::AddKey(read(&file)?),
        Some(KeysCommand::Remove { fingerprint }) => Action::RemoveKey { fingerprint },
    };
    Ok(perform(env, &prompter, &action)?)
}

fn list(env: &Env, prompter: &Prompter, json: bool) -> Result<(), Failure> {
    let found = lookup::require_token(env, Unlock::Ask)?;
    let all = keys::list(&Heroku::connect(env, Cancel::new(), prompter)?, &found.token)?;
    let mut out = terminal::stdout();
    if json {
        let keys: Vec<Value> = all
            .iter()
            .map(|key| {
                json!({
                    "id": key.id,
                    "fingerprint": key.fingerprint,
                    "comment": key.comment,
                    "public_key": key.public_key,
                    "created_at": key.created_at,
                })
            })
            .collect();
        writeln!(out, "{:#}", json!({ "schema": 1, "keys": keys }))?;
        return Ok(());
    }
    for key in &all {
        let kind = key.public_key.split_whitespace().next().unwrap_or_default();
        writeln!(out, "{}  {kind}  {}", key.fingerprint, key.comment)?;
    }
    Ok(())
}

fn read(file: &Path) -> Result<PublicKey> {
    let mut text = String::new();
    std::fs::File::open(file).and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text)).map_err(
        |error| {
            Error::new(Code::WrongUsage, format!("Could not read {} as text.", file.display()))
                .means("Nothing was sent to Heroku.")
                .next_step("Pass the public key file, which ends in .pub.")
                .detail(error)
        },
    )?;
    PublicKey::parse(&text)
}
