//! The record of a change that is about to be made.

use std::path::Path;

use super::diff::{self, Hunk, Secrets};
use super::{Before, Entries, EntriesChange, FileChange, UndoableChange, hash, record};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files::Bytes;
use crate::stores::keychain::{Keychain, Unlock};

/// A change that is about to be made, with the secrets that the keychain is to hold for it.
pub(crate) struct Draft {
    undo: UndoableChange,
    secrets: Bytes,
}

/// Drafts the record of a change; `what` says what undoing it does.
pub(crate) fn draft(env: &Env, what: &str) -> Draft {
    let undo =
        UndoableChange { what: what.to_owned(), at: env.now(), account: None, file: None, entries: None };
    Draft { undo, secrets: Bytes::default() }
}

impl Draft {
    /// Adds that the mode of a file changes from `mode`.
    pub(crate) fn mode(mut self, path: &Path, mode: u32) -> Self {
        self.undo.file = Some(FileChange { path: path.to_owned(), before: Before::Mode(mode) });
        self
    }

    /// Adds that the bytes of a file change from `before` to `after`; `None` means no file. The record contains none of the
    /// `secrets`.
    pub(crate) fn file(
        mut self,
        path: &Path,
        before: Option<&[u8]>,
        after: Option<&[u8]>,
        secrets: Secrets<'_>,
    ) -> Self {
        let (old, new) = (before.unwrap_or_default(), after.unwrap_or_default());
        let hunks = Hunk::between(old, new, secrets, &mut self.secrets);
        let before = Before::Bytes { was: before.map(hash), after: after.map(hash), hunks };
        self.undo.file = Some(FileChange { path: path.to_owned(), before });
        self
    }

    /// Sets the account of the secrets; an empty one means that it is unknown.
    pub(crate) fn of(mut self, account: &str) -> Self {
        self.undo.account = (!account.is_empty()).then(|| account.to_owned());
        self
    }

    /// Adds that the keychain's entries of an account change.
    pub(crate) fn entries(self, entries: &Entries) -> Self {
        let mut draft = self.of(&entries.account);
        let mut append = |secret: &Bytes| diff::append(&mut draft.secrets, secret);
        draft.undo.entries = Some(EntriesChange {
            account: entries.account.clone(),
            before: entries.before.iter().map(&mut append).collect(),
            after: entries.after.iter().map(&mut append).collect(),
        });
        draft
    }

    /// Saves the record, before the change is made. Fails with [`Code::CannotUndo`] if no keychain can hold the secrets.
    pub(crate) fn save(self, env: &Env) -> Result<()> {
        let Self { undo, secrets } = self;
        let entry = undo.entry();
        // The record goes first, so that an interruption leaves no secret without a record.
        record::push(env, undo)?;
        if secrets.is_empty() {
            return Ok(());
        }
        let stored = Keychain::open_own(env, Unlock::Ask).and_then(|own| own.set_own(&entry, secrets));
        stored.or_else(|error| {
            let mut undos = record::read(env);
            undos.pop();
            record::write(env, &undos)?;
            Err(cannot_store_secrets(error))
        })
    }
}

fn cannot_store_secrets(error: Error) -> Error {
    Error::new(Code::CannotUndo, "The change would remove the only copy of a secret on this machine.")
        .means("Without a keychain to keep the secret, it could not be undone, so nothing was changed.")
        .next_step("If you no longer need the secret, change the file by hand.")
        .detail(error)
}
