//! Attacks on the local port to which the browser returns from an OAuth login.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use herokey_tests::{ME, PATIENCE, Running, World};

/// Less than any connection may take, so nothing waited for one to end.
const SOON: Duration = Duration::from_secs(2);

/// A login that waits for the browser, the address that the browser opened, and the local port.
fn start(world: &World) -> (Running, String, u16) {
    world.herokey_login(ME);
    let login = world.herokey_program("herokey").args(["login", "--method", "oauth"]).start();
    let address = world.browser().wait_for_address();
    let (_, redirect) = address.split_once("redirect_uri=http%3A%2F%2Flocalhost%3A").unwrap();
    let port = redirect.split('%').next().unwrap().parse().unwrap();
    (login, address, port)
}

fn connect(host: &str, port: u16) -> TcpStream {
    TcpStream::connect((host, port)).unwrap()
}

#[track_caller]
fn succeeds_soon(world: &World, login: Running, address: &str) {
    let began = Instant::now();
    world.approve(address, ME);
    login.finish().ok();
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
}

#[test]
fn idle_connections_do_not_delay_the_browser() {
    let world = World::desktop();
    let (login, address, port) = start(&world);
    let idle: Vec<_> = (0..300).map(|_| connect("127.0.0.1", port)).collect();
    succeeds_soon(&world, login, &address);
    drop(idle);
}

#[test]
fn connections_that_drip_do_not_delay_the_browser() {
    let world = World::desktop();
    let (login, address, port) = start(&world);
    let over = Arc::new(AtomicBool::new(false));
    let attack = std::thread::spawn({
        let over = Arc::clone(&over);
        move || {
            let mut connections: Vec<_> = (0..100).map(|_| connect("127.0.0.1", port)).collect();
            while !over.load(Ordering::Relaxed) {
                // Those that were closed are opened again.
                for connection in &mut connections {
                    if connection.write_all(b"G").is_err()
                        && let Ok(again) = TcpStream::connect(("127.0.0.1", port))
                    {
                        *connection = again;
                    }
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    });
    succeeds_soon(&world, login, &address);
    over.store(true, Ordering::Relaxed);
    attack.join().unwrap();
}

#[test]
fn a_request_without_an_end_is_cut_off() {
    let world = World::desktop();
    let (login, address, port) = start(&world);
    let mut endless = connect("127.0.0.1", port);
    let began = Instant::now();
    while endless.write_all(b"GET /callback?state=fake").is_ok() {
        assert!(began.elapsed() < PATIENCE, "it is still open");
        std::thread::sleep(Duration::from_millis(50));
    }
    succeeds_soon(&world, login, &address);
}
