use super::{Source, resolve};
use crate::base::error::{Code, Error};
use crate::base::host::Refused;
use crate::fixture::{
    ME, entry, fresh, helper, logged_in, record, trace, with_api_key, with_netrc, with_programs,
};
use crate::insight::facts::{Facts, Observed};
use crate::insight::readers::Found;
use crate::stores::docker::DockerLogin;
use crate::tools::git::{Answers, Helper};

fn sources(facts: &Facts) -> [Source; 3] {
    let readers = resolve(facts);
    [readers.heroku.source, readers.git.source, readers.curl.source]
}

#[test]
fn heroku_and_git_use_the_token_in_the_keychain() {
    let readers = resolve(&logged_in());
    assert_eq!(sources(&logged_in()), [Source::Keychain, Source::HelperHerokey, Source::None]);
    assert_eq!(readers.git.trace, Some(trace("one")));
    assert_eq!(readers.git.account.as_deref(), Some(ME));
    assert_eq!(sources(&fresh()), [Source::None; 3]);
}

#[test]
fn the_api_key_overrides_only_heroku_and_its_helpers() {
    let facts = with_api_key(with_netrc(logged_in(), "two"), "key");
    assert_eq!(sources(&facts), [Source::ApiKey, Source::Netrc, Source::Netrc]);
    let readers = resolve(&with_api_key(logged_in(), "key"));
    assert_eq!(readers.git.trace, Some(trace("key")));
}

#[test]
fn heroku_uses_only_the_account_that_login_json_names() {
    let orphan = Facts { login_state: Observed::Absent, ..logged_in() };
    assert_eq!(resolve(&orphan).heroku.source, Source::None);
    let other = Facts { keychain: Observed::Present(vec![entry("other@example.com", "two")]), ..logged_in() };
    assert_eq!(resolve(&other).heroku.source, Source::None);
}

#[test]
fn the_keychain_is_skipped_if_the_cli_skips_it() {
    let mut facts = with_netrc(logged_in(), "two");
    assert_eq!(resolve(&facts).heroku.source, Source::Keychain);
    facts.cli_reads_keychain = false;
    assert_eq!(resolve(&facts).heroku.trace, Some(trace("two")));
    facts.cli_reads_keychain = true;
    facts.overrides.netrc_only = true;
    assert_eq!(resolve(&facts).heroku.source, Source::Netrc);
}

#[test]
fn git_reads_netrc_and_then_asks_its_helpers_in_order() {
    assert_eq!(resolve(&with_netrc(logged_in(), "two")).git.trace, Some(trace("two")));
    let helpers = |helpers| Facts { git_helpers: Observed::Present(helpers), ..logged_in() };
    assert_eq!(resolve(&helpers(vec![helper(Helper::Heroku)])).git.source, Source::HelperHeroku);
    let mut store = helper(Helper::Other("store".to_owned()));
    let shadowed = |store| resolve(&helpers(vec![store, helper(Helper::Herokey)])).git;
    let unseen = shadowed(store.clone());
    assert_eq!((unseen.source, unseen.trace), (Source::HelperOther, None));
    store.answers = Answers::This { account: None, trace: Some(trace("old")) };
    assert_eq!(shadowed(store.clone()).trace, Some(trace("old")));
    store.answers = Answers::Nothing("Its file is empty.".to_owned());
    assert_eq!(shadowed(store).source, Source::HelperHerokey);
}

#[test]
fn a_configuration_that_git_cannot_read_is_reported() {
    let error = Error::new(Code::GitConfigFailed, "Could not read it.").detail("bad line 3");
    let broken = resolve(&Facts { git_helpers: Observed::Unknown(error), ..logged_in() }).git;
    assert_eq!((broken.source, broken.reason.as_str()), (Source::None, "Could not read it. bad line 3"));
    let missing = resolve(&Facts { git_helpers: Observed::Absent, ..with_netrc(logged_in(), "two") }).git;
    assert_eq!((missing.source, missing.reason.as_str()), (Source::None, "git is not installed."));
}

#[test]
fn a_chain_lists_every_place() {
    let facts = with_api_key(with_netrc(logged_in(), "two"), "key");
    let chain =
        |facts: &Facts| resolve(facts).heroku.chain.iter().map(|lookup| lookup.found).collect::<Vec<_>>();
    assert_eq!(chain(&facts), [Found::Used, Found::NotReached, Found::NotReached]);
    assert_eq!(resolve(&facts).heroku.chain[2].trace, Some(trace("two")));
    assert_eq!(chain(&logged_in()), [Found::Nothing, Found::Used, Found::NotReached]);
    let git = resolve(&facts).git.chain;
    assert_eq!(
        git.iter().map(|lookup| lookup.place.as_str()).collect::<Vec<_>>(),
        ["~/.netrc", "Herokey's helper", "The Heroku CLI's helper"]
    );
}

#[test]
fn a_record_that_only_curl_can_read_is_used_only_by_curl() {
    let mut facts = with_netrc(fresh(), "one");
    let mut unread = record("api.heroku.com", "one");
    unread.cli = None;
    facts.netrc.records = Observed::Present(vec![unread]);
    assert_eq!(sources(&facts), [Source::None, Source::None, Source::Netrc]);
}

#[test]
fn docker_uses_herokeys_helper_only_if_it_answers() {
    let login = DockerLogin {
        path: "/home/me/.docker/config.json".into(),
        shown: "~/.docker/config.json".to_owned(),
        trace: None,
        helper: Some("herokey".to_owned()),
    };
    let facts = Facts { docker: Observed::Present(login), ..with_programs(logged_in(), "two") };
    let docker = |facts: &Facts| {
        let readers = resolve(facts).others.into_iter();
        readers.filter(|reader| reader.name == "docker").map(|reader| reader.answer).next().unwrap()
    };
    assert_eq!((docker(&facts).source, docker(&facts).trace), (Source::HelperHerokey, Some(trace("one"))));
    let missing = docker(&Facts { docker_helper_found: false, ..facts.clone() });
    assert_eq!(missing.source, Source::None);
    assert!(missing.reason.contains("which is not installed"), "{missing:?}");
    let mut refused = facts;
    refused.overrides.refused_hosts = vec![Refused { name: "HEROKU_HOST", value: "evil.example".to_owned() }];
    assert_eq!(docker(&refused).source, Source::None);
    let lent = resolve(&refused).others.into_iter().filter(|reader| reader.name == "mcp");
    assert!(lent.map(|reader| reader.answer.reason).any(|reason| reason == docker(&refused).reason));
}
