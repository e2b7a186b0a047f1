//! Tokens in a netrc file that no program finds by itself: in a record behind an empty one, behind one with another login,
//! after a syntax error, in a comment. They are plain text like any other, and Heroku may accept them.

use netrc_edit::{Mention, Netrc};
use secrecy::zeroize::Zeroizing;

use super::{login_of, token_of};
use crate::base::host::Hosts;
use crate::base::text::shown;
use crate::base::token::Token;

/// A token that stands in a netrc file.
#[derive(Debug, PartialEq)]
pub(crate) struct MentionedToken {
    /// The token.
    pub token: Token,
    /// The host of Heroku's that the words before it name.
    pub host: Option<String>,
    /// The login beside it, safe to show.
    pub login: Option<String>,
    /// The line, counted from 1.
    pub line: usize,
    /// What keeps programs from it, if they do not find it.
    pub place: MentionPlace,
}

/// The part of a file in which a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MentionPlace {
    /// A record, of which curl and git use only the first one.
    Record,
    /// A comment.
    Comment,
    /// Anywhere else, such as after a syntax error.
    Outside,
}

/// Every Heroku token that stands in the file: passwords of Heroku's hosts that look like one, and, where no host is
/// named, the words that only Heroku's tokens look like.
pub(crate) fn tokens(netrc: &Netrc, hosts: &Hosts) -> Vec<MentionedToken> {
    let records: Vec<_> = netrc.records().map(|record| record.bytes).collect();
    let mentioned = |mention: Mention| {
        let place = match mention.is_in_comment {
            true => MentionPlace::Comment,
            false if records.iter().any(|record| record.contains(&mention.bytes.start)) => {
                MentionPlace::Record
            }
            false => MentionPlace::Outside,
        };
        let token = token_of(&mention.credential)?;
        let host = host_of(&mention, hosts);
        let is_token = match (&mention.host, &host) {
            (Some(_), None) => false,
            (Some(_), Some(_)) => mention.is_password && token.has_heroku_shape(),
            // A record without a host is `default`, which is not only for Heroku.
            (None, _) => place != MentionPlace::Record && token.expose().starts_with("HRKU-"),
        };
        let login = login_of(&mention.credential).filter(|login| !login.is_empty());
        is_token.then_some(MentionedToken { token, host, login, line: mention.line, place })
    };
    netrc.mentions().into_iter().filter_map(mentioned).collect()
}

/// The tokens that neither the Heroku CLI nor curl finds for any of Heroku's hosts.
pub(crate) fn hidden(netrc: &Netrc, hosts: &Hosts) -> Vec<MentionedToken> {
    let readings = hosts.in_netrc().into_iter().flat_map(|host| [netrc.curl(host), netrc.heroku_cli(host)]);
    let read: Vec<Token> = readings.flatten().filter_map(|found| token_of(&found)).collect();
    tokens(netrc, hosts).into_iter().filter(|found| !read.contains(&found.token)).collect()
}

/// Takes the `unwanted` tokens out of the file: their records, and, where no record is, the words alone.
pub(crate) fn strip(netrc: &mut Netrc, hosts: &Hosts, unwanted: impl Fn(&Token) -> bool) {
    for host in hosts.in_netrc() {
        netrc.remove_where(host, |record| token_of(record).is_some_and(|token| unwanted(&token)));
    }
    let is_left = |netrc: &Netrc| {
        let found = tokens(netrc, hosts).into_iter().find(|found| unwanted(&found.token));
        found.filter(|found| found.place != MentionPlace::Record)
    };
    while let Some(found) = is_left(netrc) {
        let is_same = |mention: &Mention| {
            mention.line == found.line && token_of(&mention.credential).as_ref() == Some(&found.token)
        };
        if !netrc.cut(is_same) {
            return;
        }
    }
}

/// The file with another token wherever this one stands.
pub(crate) fn replaced(netrc: &Netrc, hosts: &Hosts, old: &Token, new: &Token) -> Zeroizing<Vec<u8>> {
    let bytes = netrc.as_bytes();
    let is_old = |mention: &Mention| token_of(&mention.credential).as_ref() == Some(old);
    let is_foreign = |mention: &Mention| mention.host.is_some() && host_of(mention, hosts).is_none();
    let (mut out, mut copied) = (Vec::with_capacity(bytes.len() + 1024), 0);
    for mention in netrc.mentions().into_iter().filter(|found| is_old(found) && !is_foreign(found)) {
        out.extend_from_slice(&bytes[copied..mention.bytes.start]);
        out.extend_from_slice(new.expose().as_bytes());
        copied = mention.bytes.end;
    }
    out.extend_from_slice(&bytes[copied..]);
    Zeroizing::new(out)
}

/// Which of Heroku's hosts the words before a mention name.
fn host_of(mention: &Mention, hosts: &Hosts) -> Option<String> {
    let named = mention.host.as_ref()?;
    let host = hosts.in_netrc().into_iter().find(|host| named.eq_ignore_ascii_case(host.as_bytes()))?;
    Some(shown(host))
}
