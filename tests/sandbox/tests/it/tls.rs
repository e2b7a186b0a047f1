use std::net::{Ipv4Addr, SocketAddr};

use heroku_sandbox::{Config, ConnectionFault, Error, Grant, Sandbox, Tls};
use reqwest::Certificate;

use crate::{ME, client, fixture_with};

#[test]
fn clients_that_trust_the_authority_can_use_every_name() {
    let authority = tempfile::NamedTempFile::new().unwrap();
    let names = ["api.heroku.com", "git.heroku.com", "localhost"];
    let fixture = fixture_with(|config| {
        config.tls = Some(Tls {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            names: names.map(str::to_owned).to_vec(),
            authority: authority.path().to_owned(),
        });
    });
    let token = fixture.sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    let address = fixture.sandbox.https_address().unwrap();
    let pem = Certificate::from_pem(&std::fs::read(authority.path()).unwrap()).unwrap();
    let get = |name: &str| {
        let client = client().tls_certs_only([pem.clone()]).resolve(name, address).build().unwrap();
        client.get(format!("https://{name}:{}/account", address.port())).bearer_auth(&token).send()
    };
    for name in names {
        assert_eq!(get(name).unwrap().status(), 200, "{name}");
    }
    assert!(get("api.example.com").is_err(), "the certificate does not have this name");
    fixture.sandbox.set_connection_fault(1, ConnectionFault::ExpiredCertificate);
    assert_eq!(get("localhost").unwrap().status(), 200);
    let expired = format!("{:?}", get("localhost").unwrap_err());
    assert!(expired.contains("Expired"), "{expired}");
    fixture.sandbox.set_connection_fault(0, ConnectionFault::None);

    let stranger = client().tls_certs_only([]).build().unwrap();
    assert!(stranger.get(fixture.sandbox.https_url().unwrap()).send().is_err());
}

#[test]
fn start_reports_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = Config { http: None, ..Config::new(folder.path()) };
    assert!(matches!(Sandbox::start(nowhere), Err(Error::NoAddress)));
    let first = Sandbox::start(Config::new(folder.path())).unwrap();
    let taken = Config { http: first.http_address(), ..Config::new(folder.path()) };
    assert!(matches!(Sandbox::start(taken), Err(Error::Listen { .. })));
}
