//! Single sign-on: the organization's page shows a token for the user to copy (INTEROP.md, "SSO").

use url::Url;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};

/// The sign-on page of an organization, or the one in `SSO_URL`, as the Heroku CLI opens it. Herokey sends nothing there.
pub fn page(env: &Env, organization: &str) -> Result<Url> {
    if let Some(value) = env.text("SSO_URL") {
        let url = Url::parse(value).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
        return url.ok_or_else(|| {
            Error::new(Code::WrongUsage, "SSO_URL is not the address of a web page.")
                .next_step("Correct or remove that variable.")
        });
    }
    let hosts = env.hosts();
    hosts.require_allowed()?;
    let mut url = hosts.sso_url;
    if let Ok(mut path) = url.path_segments_mut() {
        path.extend(["saml", organization, "init"]);
    }
    url.set_query(Some("cli=true"));
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::page;
    use crate::base::env::Env;

    #[test]
    fn the_page_is_the_one_that_the_cli_opens() {
        let page =
            |vars: &[(&str, &str)]| page(&Env::new(vars.iter().copied()), "my org/x").unwrap().to_string();
        assert_eq!(page(&[]), "https://sso.heroku.com/saml/my%20org%2Fx/init?cli=true");
        assert_eq!(page(&[("SSO_URL", "https://id.example.com/x")]), "https://id.example.com/x");
        assert!(super::page(&Env::new([("SSO_URL", "file:///etc/passwd")]), "x").is_err());
    }
}
