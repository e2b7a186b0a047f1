//! Collects what the threads of a scan find.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Progress;
use super::finding::{Finding, FoundIn, Origin, Place, Report};
use super::held::HeldTokens;
use super::matcher::{FoundToken, Matcher};
use super::stream::{Found, Spot};
use crate::base::token::Token;
use crate::ledger::known_tokens::KnownTokens;
use crate::tools::git::ObjectKind;

/// How many places are listed that could not be read, or that have possible tokens.
const MAX_LISTED: usize = 1000;

/// What the threads of a scan share.
pub(super) struct Output<'a> {
    progress: &'a Progress,
    matcher: &'a Matcher,
    held: &'a HeldTokens,
    known: KnownTokens,
    found: &'a (dyn Fn(FoundIn) + Sync),
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    report: Report,
    /// The repositories that are searched or will be.
    repositories: HashSet<PathBuf>,
    /// The objects in which something was found. The same object may be in several repositories.
    objects: HashSet<String>,
}

impl<'a> Output<'a> {
    pub(super) fn new(
        progress: &'a Progress,
        matcher: &'a Matcher,
        held: &'a HeldTokens,
        known: KnownTokens,
        found: &'a (dyn Fn(FoundIn) + Sync),
    ) -> Self {
        Self { progress, matcher, held, known, found, state: Mutex::default() }
    }

    /// True if nobody needs the rest of the scan.
    pub(super) fn is_stopped(&self) -> bool {
        self.progress.is_stopped()
    }

    /// True for a repository that was not seen before.
    pub(super) fn is_new(&self, repository: &Path) -> bool {
        self.lock().repositories.insert(repository.to_owned())
    }

    /// Takes what was found in a file.
    pub(super) fn file(&self, path: &Path, mut found: Found) {
        self.progress.files.fetch_add(1, Ordering::Relaxed);
        if !found.spots.is_empty() && self.is_store(path) {
            let before = found.spots.len();
            found.spots.retain(|spot| matches!(spot.token, FoundToken::Shaped(_)));
            if found.spots.len() < before {
                self.lock().report.stores.push(path.to_owned());
            }
        }
        self.take(&|| Place::File(path.to_owned()), found);
    }

    /// Takes what was found in a git object.
    pub(super) fn object(&self, repository: &Path, id: &str, kind: ObjectKind, found: Found) {
        self.progress.objects.fetch_add(1, Ordering::Relaxed);
        let is_empty = found.spots.is_empty() && found.unsure == 0;
        if !is_empty && self.lock().objects.insert(id.to_owned()) {
            self.take(
                &|| Place::Object { repository: repository.to_owned(), id: id.to_owned(), kind },
                found,
            );
        }
    }

    /// Notes that something could not be read.
    pub(super) fn failed(&self, path: &Path, error: &io::Error) {
        let mut state = self.lock();
        state.report.unreadable_count += 1;
        if state.report.unreadable.len() < MAX_LISTED {
            state.report.unreadable.push((path.to_owned(), error.to_string()));
        }
    }

    /// The report at the end.
    pub(super) fn into_report(self) -> Report {
        let mut report = self.state.into_inner().unwrap_or_else(PoisonError::into_inner).report;
        report.files = self.progress.files();
        report.objects = self.progress.objects();
        report.bytes = self.progress.bytes();
        report.unreadable.sort();
        report.stores.sort();
        report
    }

    fn take(&self, place: &dyn Fn() -> Place, found: Found) {
        if found.unsure > 0 {
            let mut state = self.lock();
            state.report.unsure_count += found.unsure;
            if state.report.unsure.len() < MAX_LISTED {
                state.report.unsure.push((place(), found.unsure));
            }
        }
        if found.spots.is_empty() {
            return;
        }
        let findings: Vec<Finding> = found.spots.into_iter().map(|spot| self.finding(spot)).collect();
        let found_in = FoundIn { place: place(), findings, more: found.more };
        let report = &mut self.lock().report;
        report.places += 1;
        report.found += found_in.findings.len() as u64 + found_in.more;
        for origin in found_in.findings.iter().map(|finding| &finding.origin) {
            report.in_use |= origin.in_use;
            report.others |= !origin.in_use && origin.refused_at.is_none();
        }
        // What was not looked at may be a token that works.
        report.others |= found_in.more > 0;
        report.in_git |= matches!(found_in.place, Place::Object { .. });
        // While the report is locked, so that what is printed is not mixed.
        (self.found)(found_in);
    }

    fn finding(&self, spot: Spot) -> Finding {
        let Spot { line, offset, token, in_base64 } = spot;
        let masked = token.trace(self.matcher.held()).masked;
        let origin = match &token {
            FoundToken::Held(index) => {
                let held = &self.held.tokens[*index];
                let known = self.origin_of(&held.token);
                Origin {
                    held_in: Some(held.place.clone()),
                    account: held.account.clone().or(known.account),
                    in_use: held.in_use,
                    refused_at: known.refused_at,
                }
            }
            FoundToken::Shaped(token) => self.origin_of(token),
        };
        Finding { line, offset, masked, in_base64, origin }
    }

    /// What Heroku has said about a token.
    fn origin_of(&self, token: &Token) -> Origin {
        let known = self.known.of(token);
        Origin {
            account: known.and_then(|known| known.account.as_deref().map(str::to_owned)),
            refused_at: known.and_then(|known| known.lifetime.refused_at),
            ..Origin::default()
        }
    }

    /// True for a file in which tokens are at home.
    fn is_store(&self, path: &Path) -> bool {
        let real = |path: &Path| fs::canonicalize(path).ok();
        let path = real(path);
        path.is_some() && self.held.stores.iter().any(|store| real(store) == path)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
