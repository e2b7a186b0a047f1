//! An HTTP server on the loopback interface that answers with the `Authorization` it was sent.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Starts it, for as long as the process lives, and gives its port.
pub(crate) fn start() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let connection = connection.unwrap();
            // A client that hangs up ends its connection, nothing else.
            thread::spawn(move || serve(connection).ok());
        }
    });
    port
}

fn serve(mut connection: TcpStream) -> std::io::Result<()> {
    connection.set_nodelay(true)?;
    let mut requests = BufReader::new(connection.try_clone()?);
    let mut sent = String::from("-");
    let mut line = String::new();
    while requests.read_line(&mut line)? > 0 {
        if let Some(value) = line.strip_prefix("Authorization: Basic ") {
            value.trim_end().clone_into(&mut sent);
        }
        if line == "\r\n" {
            write!(connection, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{sent}", sent.len())?;
            "-".clone_into(&mut sent);
        }
        line.clear();
    }
    Ok(())
}

/// The `login:password` in what the server answers, `None` if nothing was sent.
pub(crate) fn decode(sent: &[u8]) -> Option<Vec<u8>> {
    if sent == b"-" {
        return None;
    }
    let digit = |byte: &u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        other => panic!("{other} is no base64"),
    };
    let digits: Vec<u8> = sent.iter().take_while(|&&byte| byte != b'=').map(digit).collect();
    let group = |group: &[u8]| {
        let bits =
            group.iter().enumerate().fold(0, |bits, (at, &digit)| bits | u32::from(digit) << (18 - 6 * at));
        bits.to_be_bytes()[1..group.len()].to_vec()
    };
    Some(digits.chunks(4).flat_map(group).collect())
}
