//! How Herokey talks to Heroku: proxies, certificates, retries and errors.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use herokey_core::base::person::Nobody;
use herokey_core::heroku::{Cancel, Heroku, account};
use herokey_core::{Code, Env, Result, Token};
use herokey_tests::{ME, PATIENCE, World};
use heroku_sandbox::{ApiErrorId, Fault, FaultRule, Grant};

fn whoami(world: &World, env: &Env) -> Result<String> {
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let heroku = Heroku::connect(env, Cancel::new(), &Nobody)?;
    account::of(&heroku, &Token::parse(&token).unwrap()).map(|account| account.email)
}

fn env_with(world: &World, variables: &[(&str, &str)]) -> Env {
    let mut all = world.environment().clone();
    all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Env::new(all)
}

fn asked(world: &World, path: &str) -> usize {
    world.sandbox().requests().iter().filter(|request| request.path == path).count()
}

/// A proxy that tunnels, and the hosts to which clients connected through it.
struct Proxy {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let log = Arc::clone(&asked);
        // The thread ends with the process. Only this test's network can reach the proxy.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, log) = (stream.unwrap(), Arc::clone(&log));
                std::thread::spawn(move || tunnel(stream, &log));
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn tunnel(stream: TcpStream, log: &Mutex<Vec<String>>) {
    let mut client = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    client.read_line(&mut line).unwrap();
    let target = line.split(' ').nth(1).unwrap().to_owned();
    while !matches!(line.as_str(), "\r\n" | "") {
        line.clear();
        client.read_line(&mut line).unwrap();
    }
    log.lock().unwrap().push(target.clone());
    let upstream = TcpStream::connect(target).unwrap();
    (&stream).write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    let mut there = (client, upstream.try_clone().unwrap());
    let mut back = (upstream, stream);
    std::thread::spawn(move || std::io::copy(&mut there.0, &mut there.1));
    // Either end may close first.
    let _ = std::io::copy(&mut back.0, &mut back.1);
}

#[test]
fn uses_the_proxy_of_its_environment() {
    let world = World::new();
    if !world.has_own_network() {
        return println!("left out: on a shared network Heroku is at localhost");
    }
    let proxy = Proxy::start();
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        assert_eq!(whoami(&world, &env_with(&world, &[(name, &proxy.address)])).unwrap(), ME, "{name}");
    }
    assert_eq!(proxy.asked(), ["api.heroku.com:443"; 4]);
    for except in ["api.heroku.com", ".heroku.com", "heroku.com", "*", "example.com, api.heroku.com"] {
        let env = env_with(&world, &[("HTTPS_PROXY", &proxy.address), ("NO_PROXY", except)]);
        assert_eq!(whoami(&world, &env).unwrap(), ME, "{except}");
    }
    assert_eq!(proxy.asked().len(), 4, "none of these");
}

#[test]
fn names_an_invalid_proxy_variable() {
    let world = World::new();
    let error = whoami(&world, &env_with(&world, &[("HTTPS_PROXY", "http://:x:")])).unwrap_err();
    assert!(error.what.contains("HTTPS_PROXY"), "{error}");
    let error = whoami(&world, &env_with(&world, &[("HTTPS_PROXY", "http://127.0.0.1:1")])).unwrap_err();
    assert_eq!(error.code, Code::HerokuUnreachable, "{error}");
}

#[test]
fn trusts_only_known_roots_and_ssl_cert_file() {
    let world = World::new();
    let error =
        whoami(&world, &env_with(&world, &[("SSL_CERT_FILE", ""), ("NODE_EXTRA_CA_CERTS", "")])).unwrap_err();
    assert_eq!(error.code, Code::CertificateRefused, "{error}");
    assert!(
        error.next_step.contains("SSL_CERT_FILE") && error.means.contains("nobody has seen the token"),
        "{error}"
    );
    for file in ["/nowhere.pem", "/etc/hostname"] {
        let error = whoami(&world, &env_with(&world, &[("SSL_CERT_FILE", file)]));
        if let Err(error) = error {
            assert!(error.to_string().contains("SSL_CERT_FILE"), "{file}: {error}");
        } else {
            panic!("{file} is no certificate");
        }
    }
}

#[test]
fn retries_only_harmless_requests() {
    let world = World::desktop();
    let mut env = world.env();
    env.limits.retry_pause = Duration::from_millis(1);
    for fault in [Fault::DropBefore, Fault::DropAfter, Fault::Error(ApiErrorId::ServiceUnavailable)] {
        let before = asked(&world, "/account");
        world.sandbox().add_fault(FaultRule { times: 2, ..FaultRule::once("/account", fault) });
        assert_eq!(whoami(&world, &env).unwrap(), ME);
        assert_eq!(asked(&world, "/account") - before, 3);
    }
    world.sandbox().add_fault(FaultRule::once("/account", Fault::Error(ApiErrorId::Forbidden)));
    assert_eq!(whoami(&world, &env).unwrap_err().code, Code::Forbidden, "would be forbidden again");

    world.sandbox().add_fault(FaultRule::once("/oauth/authorizations", Fault::DropAfter));
    let login = world.herokey_program("herokey").args(["login", "--method", "password"]);
    login.input(format!("{ME}\nfake-password\n")).run().failed_with(4);
    assert_eq!(asked(&world, "/oauth/authorizations"), 1, "a POST may have been done");
}

#[test]
fn retries_when_heroku_says_so_if_that_is_soon() {
    let world = World::new();
    let mut env = world.env();
    // Without Heroku's `Retry-After`, the retry would come too late.
    env.limits.retry_pause = Duration::from_hours(1);
    world.sandbox().add_fault(FaultRule::once("/account", Fault::RetryAfter { seconds: 1 }));
    assert_eq!(whoami(&world, &env).unwrap(), ME);
    world.sandbox().add_fault(FaultRule::once("/account", Fault::RetryAfter { seconds: 600 }));
    let error = whoami(&world, &env).unwrap_err();
    assert_eq!(error.code, Code::RateLimited);
    assert!(error.detail.contains("retry after 600 s"), "{error}");
}

#[test]
fn never_follows_a_redirect_with_the_token() {
    let world = World::new();
    let to = format!("https://{}/elsewhere", world.git_host());
    world.sandbox().add_fault(FaultRule::once("/account", Fault::Redirect { to: to.clone() }));
    let error = whoami(&world, &world.env()).unwrap_err();
    assert_eq!(error.code, Code::HerokuGarbled);
    assert!(error.detail.contains(&to), "{error}");
    assert_eq!(asked(&world, "/elsewhere"), 0);
}

#[test]
fn a_slow_body_times_out() {
    let world = World::new();
    let mut env = world.env();
    env.limits.http = Duration::from_millis(300);
    world.sandbox().add_fault(FaultRule::once("/account", Fault::Trickle));
    let error = whoami(&world, &env).unwrap_err();
    assert_eq!(
        (error.code, error.what.as_str()),
        (Code::HerokuUnreachable, "Heroku did not answer within the time limit.")
    );
}

#[test]
fn does_not_wait_for_an_absurd_retry_time() {
    let world = World::new();
    world.sandbox().add_fault(FaultRule::once("/account", Fault::RetryAfter { seconds: u64::MAX }));
    assert_eq!(whoami(&world, &world.env()).unwrap_err().code, Code::RateLimited);
}

#[test]
fn does_not_wait_for_a_silent_name_server() {
    let world = World::new();
    if !world.has_own_network() {
        return println!("left out: on a shared network names are looked up as the machine does");
    }
    let server = UdpSocket::bind("127.0.0.1:53").unwrap();
    let file = world.home().with_file_name("resolv.conf");
    std::fs::write(&file, "nameserver 127.0.0.1\noptions timeout:30\n").unwrap();
    rustix::mount::mount_bind(&file, "/etc/resolv.conf").unwrap();
    let mut env = env_with(&world, &[("HEROKU_HOST", "herokudev.com")]);
    env.limits.http = Duration::from_millis(300);
    let error = whoami(&world, &env).unwrap_err();
    assert_eq!(error.code, Code::HerokuUnreachable, "{error}");
    let mut question = [0; 512];
    let length = server.recv(&mut question).unwrap();
    assert!(question[..length].windows(9).any(|part| part == b"herokudev"), "the name was looked up");
    // The system's resolver still waits for the answer on a thread of its own, with a socket connected to the server.
    let sockets = std::fs::read_to_string("/proc/thread-self/net/udp").unwrap();
    let asks = sockets.lines().any(|line| line.split_whitespace().nth(2) == Some("0100007F:0035"));
    assert!(asks, "the lookup was waited for:\n{sockets}");
}

#[test]
fn sends_a_user_agent_and_reports_the_request_id() {
    let world = World::new();
    world.sandbox().add_fault(FaultRule::once("/account", Fault::Error(ApiErrorId::InvalidParams)));
    let error = whoami(&world, &world.env()).unwrap_err();
    assert!(error.detail.contains(", Request-Id "), "{error}");
    let agent = world.sandbox().requests()[0].user_agent.clone();
    assert_eq!(agent.as_deref(), Some(concat!("herokey/", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn can_be_cancelled_while_waiting() {
    let world = World::new();
    let cancel = Cancel::new();
    let stop = cancel.clone();
    world.sandbox().add_fault(FaultRule::once("/account", Fault::Delay { ms: 60_000 }));
    let env = world.env();
    let heroku = Heroku::connect(&env, cancel, &Nobody).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            world.sandbox().wait_for_request(PATIENCE, |request| request.path == "/account");
            stop.cancel();
        });
        let error = account::of(&heroku, &Token::parse("HRKU-fake-token").unwrap()).unwrap_err();
        assert_eq!(error.code, Code::Cancelled);
    });
}
