//! Decrypts and encrypts `.netrc.gpg` as the Heroku CLI does: with gpg and the same arguments (INTEROP.md, "The netrc
//! file"). The decrypted content goes only through pipes, never to the disk.

use std::io;

use secrecy::zeroize::Zeroizing;

use super::in_place::Raw;
use crate::base::env::Env;
use crate::base::process;
use crate::base::secrets::Secrets;
use crate::stores::keychain::Unlock;

/// Decrypts `raw`. With [`Unlock::Never`], gpg does not ask for a passphrase.
pub(super) fn decrypt(env: &Env, raw: Raw, unlock: Unlock, max_bytes: u64) -> io::Result<Raw> {
    let mut gpg = env.command("gpg");
    gpg.args(["--batch", "--quiet"]);
    if unlock == Unlock::Never {
        gpg.args(["--pinentry-mode", "cancel"]);
    }
    gpg.arg("--decrypt");
    output_of(process::run(&mut gpg, raw, unlock.timeout(env), max_bytes))
}

/// Encrypts `plain` for the user's own key.
pub(super) fn encrypt(env: &Env, plain: &[u8]) -> io::Result<Raw> {
    let mut gpg = env.command("gpg");
    gpg.args(["-a", "--batch", "--default-recipient-self", "-e"]);
    // ASCII armour turns three bytes into four, plus line breaks.
    let max_bytes = 4096 + 2 * plain.len() as u64;
    let answer = process::run(&mut gpg, Zeroizing::new(plain.to_vec()), env.limits.unlock, max_bytes);
    output_of(answer).map_err(|error| without_words_of(plain, &error))
}

/// gpg's message without anything from the file that it was to encrypt.
fn without_words_of(plain: &[u8], error: &io::Error) -> io::Error {
    let mut secrets = Secrets::default();
    let text = Zeroizing::new(String::from_utf8_lossy(plain).into_owned());
    text.split_whitespace().filter(|word| word.len() > 3).for_each(|word| secrets.add(word));
    io::Error::other(secrets.hide(&error.to_string()))
}

fn output_of(answer: io::Result<process::Answer>) -> io::Result<Raw> {
    match answer {
        Ok(answer) if answer.status.success() => Ok(answer.stdout),
        Ok(answer) => Err(io::Error::other(format!("gpg: {}", answer.stderr))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(io::Error::other("the file is encrypted, and gpg is not installed"))
        }
        Err(error) => Err(io::Error::other(format!("gpg: {error}"))),
    }
}
