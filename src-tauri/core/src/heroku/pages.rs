//! Lists, which Heroku sends in pages (INTEROP.md, "Lists").

use reqwest::Method;
use reqwest::header::{HeaderValue, RANGE};

use super::Heroku;
use super::client::{Answer, Credential};
use super::failure::{Failure, garbled};
use crate::base::token::Token;

/// Asks for the longest pages.
const FIRST_PAGE: HeaderValue = HeaderValue::from_static("id ..; max=1000");
/// More pages than any account has.
const MAX_PAGES: usize = 50;

impl Heroku<'_> {
    /// Reads all pages of a list.
    pub(super) fn list<T: Answer>(&self, path: &str, token: &Token) -> Result<Vec<T>, Failure> {
        let credential = Credential::Token(token);
        let (mut all, mut range) = (Vec::new(), FIRST_PAGE);
        for _ in 0..MAX_PAGES {
            let mut request = self.request(Method::GET, path, &credential)?;
            request.headers_mut().insert(RANGE, range);
            let reply = self.answer(request, &credential)?;
            all.extend(self.parse::<Vec<T>>(path, &reply.body)?);
            match reply.next_page {
                Some(next) => range = next,
                None => return Ok(all),
            }
        }
        Err(garbled(path, "the list has no end"))
    }
}
