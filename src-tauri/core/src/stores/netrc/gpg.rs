//! `.netrc.gpg`, read and written as the Heroku CLI does it: through gpg, with the same arguments (INTEROP.md, "The netrc
//! file"). Its content goes through pipes, never to the disk.

use std::io;

use secrecy::zeroize::Zeroizing;

use super::in_place::Raw;
use crate::base::env::Env;
use crate::base::process;
use crate::stores::keychain::Unlock;

/// What is encrypted in `raw`. With [`Unlock::Never`] gpg asks nobody for a passphrase.
pub(super) fn decrypt(env: &Env, raw: Raw, unlock: Unlock, limit: u64) -> io::Result<Raw> {
    let mut gpg = env.command("gpg");
    gpg.args(["--batch", "--quiet"]);
    if unlock == Unlock::Never {
        gpg.args(["--pinentry-mode", "cancel"]);
    }
    gpg.arg("--decrypt");
    let time = if unlock == Unlock::Never { env.limits.keychain } else { env.limits.unlock };
    ask(process::run(&mut gpg, raw, time, limit))
}

/// The same bytes for the person's own key, as the file is to hold them.
pub(super) fn encrypt(env: &Env, plain: &[u8]) -> io::Result<Raw> {
    let mut gpg = env.command("gpg");
    gpg.args(["-a", "--batch", "--default-recipient-self", "-e"]);
    // Armour makes four bytes of three, with line ends.
    let largest = 4096 + 2 * plain.len() as u64;
    ask(process::run(&mut gpg, Zeroizing::new(plain.to_vec()), env.limits.unlock, largest))
}

fn ask(answer: io::Result<process::Answer>) -> io::Result<Raw> {
    match answer {
        Ok(answer) if answer.status.success() => Ok(answer.stdout),
        Ok(answer) => Err(io::Error::other(format!("gpg: {}", answer.stderr))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(io::Error::other("the file is encrypted, and gpg is not installed"))
        }
        Err(error) => Err(io::Error::other(format!("gpg: {error}"))),
    }
}
