//! Proxies and certificates, for Herokey and beside it for the real heroku.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use herokey_tests::{Finished, ME, World};
use heroku_sandbox::Grant;

/// A proxy that listens on a port of its own, and where clients connected to through it.
struct Proxy {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

/// Reads what a client asks a proxy for, and answers that it is connected.
type Handshake = fn(&mut BufReader<TcpStream>) -> String;

impl Proxy {
    fn start(handshake: Handshake) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let log = Arc::clone(&asked);
        // The threads end with the process. Only this test's network can reach the proxy.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, log) = (stream.unwrap(), Arc::clone(&log));
                std::thread::spawn(move || tunnel(stream, handshake, &log));
            }
        });
        Self { port, asked }
    }

    /// The addresses since the last call.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn tunnel(stream: TcpStream, handshake: Handshake, log: &Mutex<Vec<String>>) {
    let mut client = BufReader::new(stream.try_clone().unwrap());
    let target = handshake(&mut client);
    log.lock().unwrap().push(target.clone());
    // Names of hosts mean this machine here, whose resolver the proxy's thread does not see.
    let Some((_, port)) = target.rsplit_once(':') else { return };
    let upstream = TcpStream::connect((Ipv4Addr::LOCALHOST, port.parse().unwrap())).unwrap();
    let mut there = (client, upstream.try_clone().unwrap());
    let mut back = (upstream, stream);
    std::thread::spawn(move || std::io::copy(&mut there.0, &mut there.1));
    // Either end may close first.
    let _ = std::io::copy(&mut back.0, &mut back.1);
}

/// `CONNECT` (RFC 9110, 9.3.6).
fn http(client: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    client.read_line(&mut line).unwrap();
    let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
    while !matches!(line.as_str(), "\r\n" | "") {
        line.clear();
        client.read_line(&mut line).unwrap();
    }
    client.get_mut().write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    target
}

/// SOCKS 5 (RFC 1928) without authentication. A client that speaks HTTP gets no answer.
fn socks5(client: &mut BufReader<TcpStream>) -> String {
    let mut read = |length: usize| {
        let mut bytes = vec![0; length];
        client.read_exact(&mut bytes).map(|()| bytes).unwrap_or_default()
    };
    let greeting = read(2);
    if greeting.first() != Some(&5) {
        return "not SOCKS".to_owned();
    }
    read(greeting[1].into());
    client.get_mut().write_all(&[5, 0]).unwrap();
    let mut read = |length: usize| {
        let mut bytes = vec![0; length];
        client.read_exact(&mut bytes).map(|()| bytes).unwrap_or_default()
    };
    let is_number = read(4)[3] == 1;
    let host = if is_number {
        read(4).iter().map(u8::to_string).collect::<Vec<_>>().join(".")
    } else {
        let length = read(1)[0];
        String::from_utf8(read(length.into())).unwrap()
    };
    let port = u16::from_be_bytes(read(2).try_into().unwrap());
    client.get_mut().write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
    format!("{host}:{port}")
}

struct Machine {
    world: World,
    token: String,
}

impl Machine {
    /// `None` on a shared network, where Heroku is at localhost.
    fn new() -> Option<Self> {
        let world = World::new();
        if !world.has_own_network() {
            println!("left out: on a shared network Heroku is at localhost");
            return None;
        }
        let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
        Some(Self { world, token })
    }

    fn run(&self, program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Finished {
        let program = self.world.program(program).env("HEROKU_API_KEY", self.token.as_str());
        let program = variables.iter().fold(program, |program, (name, value)| program.env(name, *value));
        program.args(arguments.iter().copied()).run()
    }

    /// The account that heroku and Herokey each see with these variables.
    fn accounts(&self, variables: &[(&str, &str)]) -> [Option<String>; 2] {
        let heroku = self.run("heroku", &["whoami"], variables);
        [heroku.status.success().then(|| heroku.stdout.trim().to_owned()), self.herokey(variables)]
    }

    fn herokey(&self, variables: &[(&str, &str)]) -> Option<String> {
        let status = self.run("herokey", &["status", "--json"], variables);
        let status: serde_json::Value = serde_json::from_str(status.ok()).unwrap();
        (status["token"]["valid"] == true).then(|| status["account"].as_str().unwrap().to_owned())
    }
}

fn both() -> [Option<String>; 2] {
    [Some(ME.to_owned()), Some(ME.to_owned())]
}

#[test]
fn a_proxy_is_found_where_heroku_finds_it() {
    let Some(machine) = Machine::new() else { return };
    let proxy = Proxy::start(http);
    let address = format!("http://127.0.0.1:{}", proxy.port);
    let tls = format!("https://127.0.0.1:{}", proxy.port);
    let nobody = "http://127.0.0.1:1";
    for variables in [
        &[("HTTPS_PROXY", address.as_str())][..],
        &[("HTTP_PROXY", &address)],
        &[("http_proxy", &address)],
        &[("HTTPS_PROXY", &address), ("https_proxy", nobody), ("HTTP_PROXY", nobody)],
        &[("https_proxy", &address), ("HTTP_PROXY", nobody), ("ALL_PROXY", nobody)],
        // Speaking plain HTTP with it.
        &[("HTTPS_PROXY", &tls)],
    ] {
        assert_eq!(machine.accounts(variables), both(), "{variables:?}");
        let asked = proxy.asked();
        assert!(
            asked.len() >= 2 && asked.contains(&"api.heroku.com:443".to_owned()),
            "{variables:?}: {asked:?}"
        );
        assert_eq!(machine.herokey(variables).as_deref(), Some(ME));
        assert_ne!(proxy.asked(), [""; 0], "{variables:?}");
    }
    for (name, value) in [("NO_PROXY", "*"), ("no_proxy", "api.heroku.com,heroku.com")] {
        assert_eq!(machine.accounts(&[("HTTPS_PROXY", nobody), (name, value)]), both(), "{name}={value}");
    }
}

#[test]
fn a_socks_proxy_works() {
    let Some(machine) = Machine::new() else { return };
    let proxy = Proxy::start(socks5);
    for scheme in ["socks5", "socks5h"] {
        let address = format!("{scheme}://127.0.0.1:{}", proxy.port);
        // heroku ignores the variable, and connects directly.
        assert_eq!(machine.accounts(&[("ALL_PROXY", &address)]), both(), "{scheme}");
        assert_ne!(proxy.asked(), [""; 0], "{scheme}");
        // heroku speaks HTTP with every proxy.
        let [heroku, herokey] = machine.accounts(&[("HTTPS_PROXY", &address)]);
        assert_eq!((heroku, herokey.as_deref()), (None, Some(ME)), "{scheme}");
    }
}

#[test]
fn a_proxy_that_cannot_be_used_is_named() {
    let Some(machine) = Machine::new() else { return };
    for (name, value) in [
        ("HTTPS_PROXY", "not a url"),
        ("HTTP_PROXY", "http://"),
        ("https_proxy", "http://me:fake-hunter2@:x"),
        ("HTTPS_PROXY", "gopher://me:fake-hunter2@127.0.0.1:1"),
        ("HTTPS_PROXY", "http://me:fake-hunter2@127.0.0.1:1"),
        ("ALL_PROXY", "socks5://me:fake-hunter2@127.0.0.1:1"),
    ] {
        let variables = [(name, value)];
        let keys = machine.run("herokey", &["keys"], &variables);
        assert!(keys.failed_with(4).contains(name), "{value}: {keys}");
        let status = machine.run("herokey", &["status"], &variables);
        assert!(status.stderr.contains(name), "{value}: {status}");
        for said in [&keys, &status] {
            assert!(!said.to_string().contains("hunter2"), "{said}");
        }
    }
    assert!(!machine.run("heroku", &["whoami"], &[("HTTPS_PROXY", "not a url")]).status.success());
}

#[test]
fn node_extra_ca_certs_counts() {
    let Some(machine) = Machine::new() else { return };
    let own = machine.world.environment()["SSL_CERT_FILE"].clone();
    let authority = std::fs::read_to_string(&own).unwrap();
    let two = machine.world.home().join("two.pem");
    std::fs::write(&two, format!("a comment\n{authority}\n{authority}")).unwrap();
    for file in [own.as_str(), two.to_str().unwrap()] {
        let variables = [("SSL_CERT_FILE", ""), ("NODE_EXTRA_CA_CERTS", file)];
        assert_eq!(machine.accounts(&variables), both(), "{file}");
    }
    let broken = machine.world.home().join("broken.pem");
    std::fs::write(
        &broken,
        format!("{authority}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    )
    .unwrap();
    assert_eq!(
        machine
            .herokey(&[("SSL_CERT_FILE", ""), ("NODE_EXTRA_CA_CERTS", broken.to_str().unwrap())])
            .as_deref(),
        Some(ME)
    );
    for file in ["/nowhere.pem", broken.to_str().unwrap()] {
        let heroku = machine.run("heroku", &["whoami"], &[("NODE_EXTRA_CA_CERTS", file)]);
        assert!(heroku.stderr.contains("Ignoring extra certs"), "{file}: {heroku}");
        let variables = [("NODE_EXTRA_CA_CERTS", file)];
        assert_eq!(machine.herokey(&variables).as_deref(), Some(ME), "SSL_CERT_FILE still counts");
        let doctor = machine.run("herokey", &["doctor", "--json"], &variables);
        assert!(doctor.ok().contains("env-extra-certs-ignored"), "{file}: {doctor}");
    }
    let without = machine.accounts(&[("SSL_CERT_FILE", ""), ("NODE_EXTRA_CA_CERTS", "")]);
    assert_eq!(without, [None, None]);
}
