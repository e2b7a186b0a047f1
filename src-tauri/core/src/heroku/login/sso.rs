//! Single sign-on: a page of the organization's ends with a token that the person copies (INTEROP.md, "SSO").

use url::Url;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};

/// The page of an organization, or of `SSO_URL`, as the Heroku CLI opens it. Nothing of Herokey's is sent there.
pub fn page(env: &Env, organization: &str) -> Result<Url> {
    if let Some(value) = env.text("SSO_URL") {
        let url = Url::parse(value).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
        return url.ok_or_else(|| {
            Error::new(Code::WrongUsage, "SSO_URL is not the address of a page.")
                .next_step("Correct or remove that variable.")
        });
    }
    let mut url = env.hosts().sso_url;
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
    fn is_the_page_that_the_cli_opens() {
        let page =
            |vars: &[(&str, &str)]| page(&Env::new(vars.iter().copied()), "my org/x").unwrap().to_string();
        assert_eq!(page(&[]), "https://sso.heroku.com/saml/my%20org%2Fx/init?cli=true");
        assert_eq!(page(&[("SSO_URL", "https://id.example.com/x")]), "https://id.example.com/x");
        assert!(super::page(&Env::new([("SSO_URL", "file:///etc/passwd")]), "x").is_err());
    }
}
