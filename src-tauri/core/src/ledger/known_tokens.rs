//! What Heroku has said about tokens, in one small file, so that Herokey can show it offline. The file identifies a token
//! only by its fingerprint, a keyed hash.

use std::fmt::Write;
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::expiry::{Stage, TokenLifetime};
use crate::base::files::{self, FileLock};
use crate::base::log;
use crate::base::state_folder;
use crate::base::text::Text;
use crate::base::token::Token;
use crate::ledger::damaged;
use crate::ledger::damaged::{Content, Record};

const MAX_BYTES: u64 = 256 << 10;
/// More tokens than a machine ever has. Older ones are dropped.
const MAX_TOKENS: usize = 64;
/// Enough bytes of a hash to distinguish tokens.
const FINGERPRINT_BYTES: usize = 8;

/// The content of the file.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct KnownTokens {
    /// The random key of the fingerprints, created with the file.
    key: Option<[u8; 32]>,
    tokens: Vec<Known>,
}

/// What is known about one token.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// The token's fingerprint on this machine.
    pub name: String,
    /// The email of the token's account, according to Heroku.
    #[serde(default)]
    pub account: Option<Text>,
    /// The token's lifetime.
    #[serde(flatten)]
    pub lifetime: TokenLifetime,
}

impl KnownTokens {
    /// Reads the file. A missing or broken one counts as empty.
    pub(crate) fn read(env: &Env) -> Self {
        content(env).read().unwrap_or_default()
    }

    /// What is known about a token.
    pub(crate) fn of(&self, token: &Token) -> Option<&Known> {
        let name = keyed_hash(&self.key?, token);
        self.tokens.iter().find(|known| known.name == name)
    }
}

/// The path of the file.
pub(crate) fn path(env: &Env) -> PathBuf {
    env.state_dir().join("tokens.json")
}

/// True if the file cannot be read.
pub(super) fn is_damaged(env: &Env) -> bool {
    content(env).is_damaged()
}

fn content(env: &Env) -> Content<KnownTokens> {
    damaged::read(&path(env), MAX_BYTES)
}

/// A token's fingerprint on this machine, which reveals nothing about the token. Different tokens have different ones.
pub(crate) fn fingerprint(env: &Env, token: &Token) -> Result<String> {
    change(env, |file| Ok((keyed_hash(&file.key()?, token), false)))
}

/// Records a token's lifetime. Heroku has accepted the token, so this clears an earlier refusal.
pub(crate) fn record_lifetime(env: &Env, token: &Token, lifetime: TokenLifetime) -> Result<()> {
    update(env, token, |known| {
        let before = known.lifetime;
        let renewable = before.renewable || lifetime.renewable;
        let seen_at = Some(env.now());
        known.lifetime =
            TokenLifetime { told: before.told, refused_at: None, renewable, seen_at, ..lifetime };
    })
}

/// Records the account of a token.
pub(crate) fn record_account(env: &Env, token: &Token, email: &str) -> Result<()> {
    update(env, token, |known| known.account = Some(Text::of(email)))
}

/// Records that Heroku refuses a token. The time of the first refusal stays.
pub(crate) fn record_refusal(env: &Env, token: &Token, now: Timestamp) -> Result<()> {
    update(env, token, |known| {
        known.lifetime.refused_at.get_or_insert(now);
    })
}

/// Records that a token can no longer be renewed.
pub(crate) fn record_not_renewable(env: &Env, token: &Token) -> Result<()> {
    update(env, token, |known| known.lifetime.renewable = false)
}

/// Records that the user is notified of a stage. True for the one program that is to show the notification.
pub fn claim_notification(env: &Env, name: &str, stage: Stage) -> Result<bool> {
    change(env, |file| {
        let known = file.tokens.iter_mut().find(|known| known.name == name);
        let Some(known) = known.filter(|known| known.lifetime.due(env.now()) == Some(stage)) else {
            return Ok((false, false));
        };
        known.lifetime.told = Some(stage);
        Ok((true, true))
    })
}

impl KnownTokens {
    fn key(&mut self) -> io::Result<[u8; 32]> {
        if let Some(key) = self.key {
            return Ok(key);
        }
        let mut key = [0; 32];
        SystemRandom::new().fill(&mut key).map_err(|_| io::Error::other("the system has no random bytes"))?;
        *self = Self { key: Some(key), tokens: Vec::new() };
        Ok(key)
    }
}

fn update(env: &Env, token: &Token, change_known: impl FnOnce(&mut Known)) -> Result<()> {
    change(env, |file| {
        let name = keyed_hash(&file.key()?, token);
        let index = file.tokens.iter().position(|known| known.name == name);
        let mut known = match index {
            Some(index) => file.tokens.remove(index),
            None => Known { name, account: None, lifetime: TokenLifetime::default() },
        };
        let before = known.clone();
        change_known(&mut known);
        let changed = index.is_none() || known != before;
        file.tokens.push(known);
        let too_many = file.tokens.len().saturating_sub(MAX_TOKENS);
        file.tokens.drain(..too_many);
        Ok(((), changed))
    })
}

/// Changes the file under its own lock. Writes it if the key is new or `work` returns true.
fn change<T>(env: &Env, work: impl FnOnce(&mut KnownTokens) -> io::Result<(T, bool)>) -> Result<T> {
    let locked = || {
        let lock = FileLock::take(state_folder::open_lock(env, "tokens.lock")?, env.limits.file_lock)?;
        let _lock =
            lock.ok_or_else(|| io::Error::new(io::ErrorKind::TimedOut, "another program holds tokens.lock"))?;
        files::sweep(&path(env))?;
        if is_damaged(env) {
            let notice = damaged::set_aside(env, Record::KnownTokens, &path(env))?;
            log::notice(&notice);
        }
        let mut file = KnownTokens::read(env);
        let had_key = file.key.is_some();
        let (answer, changed) = work(&mut file)?;
        if changed || !had_key && file.key.is_some() {
            state_folder::write(env, &path(env), &serde_json::to_vec(&file)?)?;
        }
        Ok(answer)
    };
    locked().map_err(|error: io::Error| {
        state_folder::failed(env, "Could not record what Heroku said about the token.", &error)
            .means("The token itself is unchanged.")
    })
}

fn keyed_hash(key: &[u8; 32], token: &Token) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), token.expose().as_bytes());
    tag.as_ref().iter().take(FINGERPRINT_BYTES).fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
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

    fn known(env: &Env, token: &Token) -> Option<TokenLifetime> {
        KnownTokens::read(env).of(token).map(|known| known.lifetime)
    }

    #[test]
    fn recognizes_a_token_without_storing_it() {
        let (_home, env) = machine();
        assert_eq!(known(&env, &token("one")), None);
        let lifetime =
            TokenLifetime { expiry: Expiry::At(Timestamp::UNIX_EPOCH), ..TokenLifetime::default() };
        record_lifetime(&env, &token("one"), lifetime).unwrap();
        record_lifetime(
            &env,
            &token("two"),
            TokenLifetime { expiry: Expiry::Never, ..TokenLifetime::default() },
        )
        .unwrap();
        let recorded = known(&env, &token("one")).unwrap();
        assert!(recorded.seen_at.is_some());
        assert_eq!(TokenLifetime { seen_at: None, ..recorded }, lifetime);
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
    fn a_fingerprint_is_stable_on_one_machine_only() {
        let ((_home, here), (_other, elsewhere)) = (machine(), machine());
        let first = fingerprint(&here, &token("one")).unwrap();
        assert_eq!(fingerprint(&here, &token("one")).unwrap(), first);
        assert_ne!(fingerprint(&here, &token("two")).unwrap(), first);
        assert_ne!(fingerprint(&elsewhere, &token("one")).unwrap(), first);
    }

    #[test]
    fn a_refusal_stays_until_heroku_accepts_the_token() {
        let (_home, env) = machine();
        let now = Timestamp::UNIX_EPOCH;
        record_refusal(&env, &token("one"), now).unwrap();
        record_refusal(&env, &token("one"), Timestamp::MAX).unwrap();
        assert_eq!(known(&env, &token("one")).unwrap().refused_at, Some(now));
        assert_eq!(known(&env, &token("two")), None, "the refusal concerns one token only");
        record_lifetime(&env, &token("one"), TokenLifetime::default()).unwrap();
        assert_eq!(known(&env, &token("one")).unwrap().refused_at, None);
    }

    #[test]
    fn each_stage_is_claimed_once() {
        const END: &str = "2026-12-31T12:00:00Z";
        let (_home, env) = machine();
        let lifetime = TokenLifetime { expiry: Expiry::At(END.parse().unwrap()), ..TokenLifetime::default() };
        let env = env.with_clock(|| "2026-12-31T00:00:00Z".parse().unwrap());
        record_lifetime(&env, &token("one"), lifetime).unwrap();
        let name = fingerprint(&env, &token("one")).unwrap();
        assert!(claim_notification(&env, &name, Stage::OneDay).unwrap());
        assert!(!claim_notification(&env, &name, Stage::OneDay).unwrap());
        assert!(
            !claim_notification(&env, &name, Stage::SevenDays).unwrap(),
            "an earlier stage is no longer due"
        );
        record_lifetime(&env, &token("one"), lifetime).unwrap();
        assert!(
            !claim_notification(&env, &name, Stage::OneDay).unwrap(),
            "a new answer from Heroku does not repeat the stage"
        );
        let later = env.clone().with_clock(|| END.parse().unwrap());
        assert!(claim_notification(&later, &name, Stage::Ended).unwrap());
        assert!(!claim_notification(&later, "unknown", Stage::Ended).unwrap());
        let earlier = env.with_clock(|| "2026-12-25T00:00:00Z".parse().unwrap());
        assert!(claim_notification(&earlier, &name, Stage::SevenDays).unwrap(), "the clock was ahead");
    }

    #[test]
    fn stays_small_and_survives_a_broken_file() {
        let (_home, env) = machine();
        files::private_folder(&env.state_dir()).unwrap();
        std::fs::write(path(&env), "not json").unwrap();
        for number in 0..MAX_TOKENS + 6 {
            record_lifetime(&env, &token(&number.to_string()), TokenLifetime::default()).unwrap();
        }
        assert_eq!(KnownTokens::read(&env).tokens.len(), MAX_TOKENS);
        assert_eq!(known(&env, &token("0")), None);
        assert!(known(&env, &token(&(MAX_TOKENS + 5).to_string())).is_some());
    }
}
