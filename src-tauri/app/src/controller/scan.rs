//! The page about copies of tokens: searches the usual places, and shows what it finds as it finds it.

use std::sync::Arc;

use serde::Serialize;
use ts_rs::TS;

use super::{Controller, Page, lock};
use herokey_core::base::env::Env;
use herokey_core::base::error::Result;
use herokey_core::scan::{self, FoundIn, Progress, Report, Request};

/// How many rows the page has. The rest are counted.
const MAX_ROWS: usize = 200;

/// What the page shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScanPage {
    /// The first copies, in the order in which they were found.
    pub rows: Vec<FoundToken>,
    /// How many more there are.
    pub more: u64,
    /// How the search ended; `None` while it runs.
    pub end: Option<Result<Box<Report>>>,
}

/// A copy of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct FoundToken {
    /// `~/.bash_history:12`.
    pub spot: String,
    /// "…a1b2 (the token of me@example.com in the keychain)".
    pub what: String,
}

impl Controller {
    /// Opens the page and searches. Another search ends.
    pub(super) fn scan(&self) {
        let progress = Arc::new(Progress::default());
        self.stop_scan();
        *lock(&self.shared.scan) = Some(Arc::clone(&progress));
        self.change(|state| state.page = Some(Page::Scan(ScanPage::default())));
        let controller = self.clone();
        std::thread::spawn(move || {
            let env = controller.env();
            let found = |found: FoundIn| controller.show(&progress, |page| add(&env, page, &found));
            let ended = scan::scan(&env, &Request::default(), &progress, &found);
            controller.show(&progress, |page| page.end = Some(ended.map(Box::new)));
        });
    }

    /// Ends a search whose page is no longer shown.
    pub(super) fn stop_scan(&self) {
        if let Some(progress) = lock(&self.shared.scan).take() {
            progress.stop();
        }
    }

    /// Changes the page if it still belongs to this search.
    fn show(&self, progress: &Arc<Progress>, change: impl FnOnce(&mut ScanPage)) {
        self.change(|state| {
            let is_current =
                lock(&self.shared.scan).as_ref().is_some_and(|current| Arc::ptr_eq(current, progress));
            if let Some(Page::Scan(page)) = state.page.as_mut().filter(|_| is_current) {
                change(page);
            }
        });
    }
}

fn add(env: &Env, page: &mut ScanPage, found: &FoundIn) {
    page.more += found.more;
    for finding in &found.findings {
        if page.rows.len() < MAX_ROWS {
            let what = format!("{} ({})", finding.masked, finding.words());
            page.rows.push(FoundToken { spot: finding.spot(env, &found.place), what });
        } else {
            page.more += 1;
        }
    }
}
