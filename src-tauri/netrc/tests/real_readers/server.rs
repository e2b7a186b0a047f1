//! An HTTP server on the loopback interface that answers with the `Authorization` header it receives.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Starts a server that runs until the process ends, and returns its port.
pub(crate) fn start() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let connection = connection.unwrap();
            // If a client hangs up, only its own connection ends.
            thread::spawn(move || serve(connection).ok());
        }
    });
    port
}

fn serve(mut connection: TcpStream) -> std::io::Result<()> {
    connection.set_nodelay(true)?;
    let mut requests = BufReader::new(connection.try_clone()?);
    let mut credentials = String::from("-");
    let mut line = String::new();
    while requests.read_line(&mut line)? > 0 {
        if let Some(value) = line.strip_prefix("Authorization: Basic ") {
            value.trim_end().clone_into(&mut credentials);
        }
        if line == "\r\n" {
            write!(
                connection,
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{credentials}",
                credentials.len()
            )?;
            "-".clone_into(&mut credentials);
        }
        line.clear();
    }
    Ok(())
}

/// The `login:password` in an answer of the server, or `None` if the client sent none.
pub(crate) fn decode(answer: &[u8]) -> Option<Vec<u8>> {
    if answer == b"-" {
        return None;
    }
    let digit = |byte: &u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        other => panic!("{other} is not base64"),
    };
    let digits: Vec<u8> = answer.iter().take_while(|&&byte| byte != b'=').map(digit).collect();
    let group = |group: &[u8]| {
        let bits = group
            .iter()
            .enumerate()
            .fold(0, |bits, (index, &digit)| bits | u32::from(digit) << (18 - 6 * index));
        bits.to_be_bytes()[1..group.len()].to_vec()
    };
    Some(digits.chunks(4).flat_map(group).collect())
}
