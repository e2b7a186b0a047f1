use super::*;
use crate::fixture::{ME, account_file, entry, helper, logged_in, route, with_api_key, with_netrc};
use crate::tools::git::{Rewrite, Route};

#[test]
fn equal_texts_get_the_same_number() {
    let text = "me@example.com …a1b2, other.x+y@example.org: …ffff and me@example.com …a1b2 (… @)";
    let masked = numbered(&numbered(text, "account", 0, email), "token", 0, mask);
    assert_eq!(masked, "<account 1> <token 1>, <account 2>: <token 2> and <account 1> <token 1> (… @)");
}

#[test]
fn the_report_contains_nothing_secret() {
    let mut facts = with_api_key(with_netrc(logged_in(), "token-two"), "token-key");
    let inline = "!f() { echo \"password=fake-inline\"; }; f";
    let others = ["store", inline].map(|value| helper(Helper::Other(value.to_owned())));
    facts.git_helpers = Observed::Present(others.to_vec());
    facts.heroku_alias = Some("heroku is aliased to `HEROKU_API_KEY=fake-alias heroku'".to_owned());
    facts.overrides.netrc_write = Some("fake-write".to_owned());
    let value = "https://me:fake-host@evil.example".to_owned();
    facts.overrides.refused_hosts = vec![crate::base::host::Refused { name: "HEROKU_HOST", value }];
    let text = text(&facts, Path::new("/home/fake-name"), &[]);
    for secret in ["fake-", ME, "…"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    for kept in
        ["<account 1>", "<token 1>", "<token 2>", "env-api-key-overrides", "(another helper)", "store"]
    {
        assert!(text.contains(kept), "{kept} not in {text}");
    }
}

#[test]
fn odd_emails_look_like_emails_too() {
    for odd in ["\"jane doe\"@example.com", "o'brien@example.com", "jane@[192.168.0.7]", "a/b=c@example.com"]
    {
        assert_eq!(email(&format!("({odd})")).map(|place| place.start), Some(1), "{odd}");
        assert_eq!(numbered(&format!("<{odd}>"), "account", 0, email), "<<account 1>>", "{odd}");
    }
}

#[test]
fn known_names_are_hidden_word_for_word() {
    let names =
        ["\"jane doe\"@example.com", "o'brien@example.com", "jane@[192.168.0.7]", "jäne d\u{f6}e", "acme"];
    let mut facts = with_netrc(logged_in(), "token-two");
    facts.keychain = Observed::Present(names.iter().map(|name| entry(name, "one")).collect());
    facts.netrc.path = "/home/fake-name/.netrc".into();
    let Observed::Present(records) = &mut facts.netrc.records else { panic!("records") };
    records[0].cli_login = Some("mary@example.com".to_owned());
    records[1].curl_login = Some("some-login".to_owned());
    facts.accounts = Observed::Present(vec![account_file("client-x", "boss @ example", Some("two"))]);
    let mut line = helper(Helper::Other("store".to_owned()));
    line.file = Some("/home/fake-name/clients/secret-client/gitconfig".into());
    line.shown = "~/clients/secret-client/gitconfig:7".to_owned();
    facts.git_helpers = Observed::Present(vec![line]);
    let rewrite = Rewrite {
        name: "insteadOf",
        file: Some("/home/fake-name/clients/secret-client/rewrites".into()),
        shown: "~/clients/secret-client/rewrites:3".to_owned(),
    };
    facts.git_routes = vec![Route {
        rewrite: Some(rewrite),
        access: Access::Ssh { host: "ssh.client.example".to_owned() },
        ..route(Some("client-remote"))
    }];
    let text = text(&facts, Path::new("/home/fake-name"), &[]);
    let secrets =
        ["jane", "brien", "192.168", "jäne", "acme", "mary", "some-login", "client", "boss", "fake-name"];
    for secret in secrets {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(text.contains("git helper in <file ") && text.contains(":7: Other(\"store\")"), "{text}");
    assert!(text.contains("~/.netrc"), "{text}");
}

#[test]
fn a_name_within_another_one_leaves_no_rest() {
    let words = [("jane@example.com", "<account 1>"), ("acme", "(a name)")];
    let text = "maryjane@example.com jane@example.community acme acmes jane@example.com.";
    assert_eq!(
        hide_words(text, &words),
        "maryjane@example.com jane@example.community (a name) acmes <account 1>."
    );
}
