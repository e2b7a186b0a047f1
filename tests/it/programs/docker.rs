//! Docker asks Herokey for Heroku's registry, and nothing else changes.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use herokey_tests::{ME, World};
use heroku_sandbox::Grant;

use super::reader;

const IMAGE: &str = "registry.heroku.com/fake-app/web";

fn logged_in() -> (World, String) {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.store_as_cli(ME, &token);
    (world, token)
}

fn ask(world: &World, operation: &str, input: &str) -> herokey_tests::Finished {
    world.program("docker-credential-herokey").arg(operation).input(input).run()
}

#[test]
fn the_helper_speaks_dockers_protocol() {
    let (world, token) = logged_in();
    world.herokey(["docker", "install"]).ok();
    for address in ["registry.heroku.com", "https://registry.heroku.com", "https://registry.heroku.com/v2/\n"]
    {
        let answer: serde_json::Value = serde_json::from_str(ask(&world, "get", address).ok()).unwrap();
        assert_eq!(answer["Secret"], token.as_str());
        assert_eq!((&answer["Username"], &answer["ServerURL"]), (&"_".into(), &address.trim().into()));
    }
    for other in ["https://index.docker.io/v1/", "registry.heroku.com.example", "registry.heroku.com:444", ""]
    {
        let refused = ask(&world, "get", other);
        assert_eq!(refused.failed_with(1), "", "{other}");
        assert_eq!(refused.stdout.trim(), "credentials not found in native keychain", "{other}");
    }
    let login = format!(r#"{{"ServerURL":"registry.heroku.com","Username":"_","Secret":"{token}"}}"#);
    assert_eq!(ask(&world, "store", &login).ok(), "");
    assert_eq!(ask(&world, "erase", "registry.heroku.com").ok(), "");
    assert_eq!(ask(&world, "list", "").ok().trim(), r#"{"registry.heroku.com":"_"}"#);
    assert_eq!(world.heroku(["auth:token"]).ok(), token, "nothing was erased");
    world.herokey(["logout", "--local-only"]).ok();
    assert_eq!(
        ask(&world, "get", "registry.heroku.com").stdout.trim(),
        "credentials not found in native keychain"
    );
    assert_eq!(ask(&world, "list", "").ok().trim(), "{}");
}

/// The real Docker, against a registry: with the plain login that `heroku container:login` leaves, and then through Herokey.
#[test]
fn docker_itself_uses_it() {
    let (world, token) = logged_in();
    if !world.has_own_network()
        || !["/usr/local/bin/docker", "/usr/bin/docker"].iter().any(|path| Path::new(path).exists())
    {
        println!("skipped: this needs Docker's command, and a network in which Heroku is the sandbox");
        return;
    }
    let pull = || world.program("docker").args(["manifest", "inspect", IMAGE]).run();
    assert!(!pull().status.success(), "nobody is logged in");
    let plain = STANDARD.encode(format!("_:{token}"));
    let config = format!(
        "{{\n\t\"auths\": {{\n\t\t\"ghcr.io\": {{\n\t\t\t\"auth\": \"ZmFrZTpmYWtl\"\n\t\t}},\n\t\t\"registry.heroku.com\": \
         {{\n\t\t\t\"auth\": \"{plain}\"\n\t\t}}\n\t}}\n}}"
    );
    world.write_file(".docker/config.json", &config);
    pull().ok();
    assert_eq!(reader(&world, "docker").unwrap()["source"], "config");
    let status = world.status();
    let problems = status["problems"].as_array().unwrap();
    assert!(problems.iter().any(|problem| problem["code"] == "docker-plain-token"), "{problems:#?}");

    world.herokey(["docker", "install"]).ok();
    let installed = world.file(".docker/config.json").unwrap();
    assert!(!installed.contains(&plain) && installed.contains("\"auth\": \"ZmFrZTpmYWtl\""), "{installed}");
    assert!(pull().ok().contains("schemaVersion"));
    assert_eq!(reader(&world, "docker").unwrap()["source"], "helper:herokey");
    // A new token needs no new login.
    world.herokey(["regenerate", "--yes"]).ok();
    pull().ok();

    world.herokey(["docker", "remove"]).ok();
    assert!(!world.file(".docker/config.json").unwrap().contains("herokey"));
    world.write_file(".docker/config.json", &config);
    world.herokey(["docker", "install"]).ok();
    world.herokey(["doctor", "--undo"]).ok();
    assert_eq!(world.file(".docker/config.json").as_deref(), Some(config.as_str()));
}

#[test]
fn other_registries_stay_byte_for_byte() {
    let (world, _) = logged_in();
    let config = "{\r\n  \"credsStore\": \"desktop\",\r\n  \"credHelpers\": {\"ghcr.io\": \"pass\"},\r\n  \"x\": 1.50\r\n}";
    world.write_file(".docker/config.json", config);
    world.herokey(["docker", "install"]).ok();
    let installed = world.file(".docker/config.json").unwrap();
    assert_eq!(installed.replace("\"registry.heroku.com\": \"herokey\",", ""), config);
    assert!(world.herokey(["docker", "install"]).stderr.contains("already asks Herokey"));
    world.herokey(["docker", "remove"]).ok();
    assert_eq!(world.file(".docker/config.json").as_deref(), Some(config));
    world.write_file(".docker/config.json", "{ no json");
    let refused = world.herokey(["docker", "install"]);
    assert!(refused.failed_with(1).contains("docker-failed"), "{refused}");
    assert_eq!(world.file(".docker/config.json").as_deref(), Some("{ no json"));
}
