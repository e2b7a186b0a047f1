//! What Heroku has said about tokens, kept so that it can be shown offline: one small file, in which a token is known
//! by a keyed hash and nothing else.

use std::fmt::Write;
use std::fs::File;
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::expiry::{Life, Stage};
use crate::base::files;
use crate::base::token::Token;

const LIMIT: u64 = 256 << 10;
/// More tokens than a machine ever has; of older ones nobody needs to know.
const KEPT: usize = 64;
/// Bytes of a hash that are kept: enough to tell tokens apart.
const NAME_BYTES: usize = 8;

/// The file, as it was read.
#[derive(Default, Serialize, Deserialize)]
pub struct Lives {
    /// Random, made with the file.
    key: Option<[u8; 32]>,
    tokens: Vec<Known>,
}

/// What is known of one token.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// What it is called here and in the journal: see [`name`].
    pub name: String,
    /// The email of the account that it acts as, as Heroku said it.
    #[serde(default)]
    pub account: Option<String>,
    /// Its life.
    #[serde(flatten)]
    pub life: Life,
}

impl Lives {
    /// Reads the file; one that is not there, or makes no sense, knows nothing.
    pub fn read(env: &Env) -> Self {
        let bytes = files::read(&path(env), LIMIT);
        let bytes =
            bytes.inspect_err(|error| tracing::warn!(%error, "what is known of tokens cannot be read"));
        bytes.ok().flatten().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// What is known of a token.
    pub fn of(&self, token: &Token) -> Option<&Known> {
        let name = hash(&self.key?, token);
        self.tokens.iter().find(|known| known.name == name)
    }
}

/// Where the file is.
pub fn path(env: &Env) -> PathBuf {
    env.state_dir().join("tokens.json")
}

/// What a token is called here and in the journal: two tokens have the same name on a machine only if they are the
/// same, and it tells nothing about them.
pub fn name(env: &Env, token: &Token) -> Result<String> {
    change(env, |lives| Ok((hash(&lives.key()?, token), false)))
}

/// Remembers when a token was made and when it ends. Heroku has accepted it, so a refusal before is forgotten.
pub fn learn(env: &Env, token: &Token, life: Life) -> Result<()> {
    update(env, token, |known| {
        let before = known.life;
        let renewable = before.renewable || life.renewable;
        known.life = Life { told: before.told, refused_at: None, renewable, ..life };
    })
}

/// Remembers whose a token is.
pub fn whose(env: &Env, token: &Token, email: &str) -> Result<()> {
    update(env, token, |known| known.account = Some(email.to_owned()))
}

/// Remembers that Heroku refuses a token, since the first time that it did.
pub fn refused(env: &Env, token: &Token, now: Timestamp) -> Result<()> {
    update(env, token, |known| {
        known.life.refused_at.get_or_insert(now);
    })
}

/// Remembers that a token is not renewed any more.
pub fn not_renewable(env: &Env, token: &Token) -> Result<()> {
    update(env, token, |known| known.life.renewable = false)
}

/// Remembers that a person is told of a stage; true for the one program that is to tell it.
pub fn claim(env: &Env, name: &str, stage: Stage) -> Result<bool> {
    change(env, |lives| {
        let known = lives.tokens.iter_mut().find(|known| known.name == name);
        let Some(known) = known.filter(|known| known.life.told.is_none_or(|told| told < stage)) else {
            return Ok((false, false));
        };
        known.life.told = Some(stage);
        Ok((true, true))
    })
}

impl Lives {
    fn key(&mut self) -> io::Result<[u8; 32]> {
        if let Some(key) = self.key {
            return Ok(key);
        }
        let mut key = [0; 32];
        SystemRandom::new().fill(&mut key).map_err(|_| io::Error::other("no random bytes"))?;
        *self = Self { key: Some(key), tokens: Vec::new() };
        Ok(key)
    }
}

fn update(env: &Env, token: &Token, change_known: impl FnOnce(&mut Known)) -> Result<()> {
    change(env, |lives| {
        let name = hash(&lives.key()?, token);
        let place = lives.tokens.iter().position(|known| known.name == name);
        let mut known = match place {
            Some(place) => lives.tokens.remove(place),
            None => Known { name, account: None, life: Life::default() },
        };
        let before = known.clone();
        change_known(&mut known);
        let changed = place.is_none() || known != before;
        lives.tokens.push(known);
        let too_many = lives.tokens.len().saturating_sub(KEPT);
        lives.tokens.drain(..too_many);
        Ok(((), changed))
    })
}

/// Changes the file under a lock of its own; it is written if the key is new or `work` says so.
fn change<T>(env: &Env, work: impl FnOnce(&mut Lives) -> io::Result<(T, bool)>) -> Result<T> {
    let locked = || {
        files::private_folder(&env.state_dir())?;
        let lock = env.state_dir().join("tokens.lock");
        let lock = File::options().create(true).truncate(false).write(true).open(lock)?;
        if !files::lock(&lock, env.limits.file_lock)? {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "another program holds tokens.lock"));
        }
        files::sweep(&path(env))?;
        let mut lives = Lives::read(env);
        let had_key = lives.key.is_some();
        let (answer, changed) = work(&mut lives)?;
        if changed || !had_key && lives.key.is_some() {
            files::write(&path(env), &serde_json::to_vec(&lives)?)?;
        }
        Ok(answer)
    };
    locked().map_err(|error: io::Error| {
        Error::new(Code::JournalFailed, "Could not write down what Heroku said about the token.")
            .means("The token itself is not touched.")
            .next_step("Check that Herokey's folder can be written to.")
            .detail(error)
    })
}

fn hash(key: &[u8; 32], token: &Token) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), token.expose().as_bytes());
    tag.as_ref().iter().take(NAME_BYTES).fold(String::new(), |mut name, byte| {
        // Writing to a String cannot fail.
        let _ = write!(name, "{byte:02x}");
        name
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::expiry::Expiry;

    fn machine() -> (tempfile::TempDir, Env) {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path()), ("LOCALAPPDATA", home.path())]);
        (home, env)
    }

    fn token(text: &str) -> Token {
        Token::parse(&format!("HRKU-fake-{text}-0123456789abcdef")).unwrap()
    }

    fn known(env: &Env, token: &Token) -> Option<Life> {
        Lives::read(env).of(token).map(|known| known.life)
    }

    #[test]
    fn a_token_is_known_again_and_stands_nowhere() {
        let (_home, env) = machine();
        assert_eq!(known(&env, &token("one")), None);
        let life = Life { expiry: Expiry::At(Timestamp::UNIX_EPOCH), ..Life::default() };
        learn(&env, &token("one"), life).unwrap();
        learn(&env, &token("two"), Life { expiry: Expiry::Never, ..Life::default() }).unwrap();
        assert_eq!(known(&env, &token("one")), Some(life));
        assert_eq!(known(&env, &token("three")), None);
        let text = std::fs::read_to_string(path(&env)).unwrap();
        assert!(!text.contains("HRKU") && !text.contains("cdef\""), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(path(&env)).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_name_lasts_on_a_machine_and_is_another_elsewhere() {
        let ((_home, here), (_other, elsewhere)) = (machine(), machine());
        let first = name(&here, &token("one")).unwrap();
        assert_eq!(name(&here, &token("one")).unwrap(), first);
        assert_ne!(name(&here, &token("two")).unwrap(), first);
        assert_ne!(name(&elsewhere, &token("one")).unwrap(), first);
    }

    #[test]
    fn a_refusal_lasts_until_the_token_is_accepted() {
        let (_home, env) = machine();
        let now = Timestamp::UNIX_EPOCH;
        refused(&env, &token("one"), now).unwrap();
        refused(&env, &token("one"), Timestamp::MAX).unwrap();
        assert_eq!(known(&env, &token("one")).unwrap().refused_at, Some(now));
        assert_eq!(known(&env, &token("two")), None, "another token is another matter");
        learn(&env, &token("one"), Life::default()).unwrap();
        assert_eq!(known(&env, &token("one")).unwrap().refused_at, None);
    }

    #[test]
    fn each_stage_is_claimed_once() {
        let (_home, env) = machine();
        learn(&env, &token("one"), Life::default()).unwrap();
        let name = name(&env, &token("one")).unwrap();
        assert!(claim(&env, &name, Stage::OneDay).unwrap());
        assert!(!claim(&env, &name, Stage::OneDay).unwrap());
        assert!(!claim(&env, &name, Stage::SevenDays).unwrap(), "an earlier stage is no news");
        learn(&env, &token("one"), Life::default()).unwrap();
        assert!(!claim(&env, &name, Stage::OneDay).unwrap(), "asking Heroku again does not begin it anew");
        assert!(claim(&env, &name, Stage::Ended).unwrap());
        assert!(!claim(&env, "unknown", Stage::Ended).unwrap());
    }

    #[test]
    fn stays_small_and_survives_nonsense() {
        let (_home, env) = machine();
        files::private_folder(&env.state_dir()).unwrap();
        std::fs::write(path(&env), "not json").unwrap();
        for number in 0..KEPT + 6 {
            learn(&env, &token(&number.to_string()), Life::default()).unwrap();
        }
        assert_eq!(Lives::read(&env).tokens.len(), KEPT);
        assert_eq!(known(&env, &token("0")), None);
        assert!(known(&env, &token(&(KEPT + 5).to_string())).is_some());
    }
}
