//! curl, as it is installed and as it is in 2026.

use std::ffi::CString;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use curl::easy::{Easy, List, NetRc};
use tempfile::TempDir;

use netrc_edit::{Credential, Netrc};

use crate::{Answer, server};

/// The first version with the grammar that this crate answers for.
const GRAMMAR: [u32; 2] = [8, 21];

/// What a curl of 2026 sends to each of the hosts, given each of the files.
///
/// That is `curl --netrc-file` if it is new enough, otherwise the libcurl that the crate curl-sys carries.
pub(crate) fn ask<F: AsRef<[u8]>>(hosts: &[&str], files: &[F]) -> Vec<Vec<Answer>> {
    if version() >= GRAMMAR {
        return ask_installed(hosts, files);
    }
    assert!(curl::Version::get().version_num() >= GRAMMAR[0] << 16 | GRAMMAR[1] << 8);
    let port = server::start();
    let folder = Folder::of(files);
    let mut easy = Easy::new();
    easy.netrc(NetRc::Optional).unwrap();
    let mut here = List::new();
    here.append(&format!("::127.0.0.1:{port}")).unwrap();
    easy.connect_to(here).unwrap();
    folder.paths().map(|path| hosts.iter().map(|host| request(&mut easy, host, &path)).collect()).collect()
}

/// Whether curl 8.22 crashes on this file, so that it must not be asked: nothing is left of it without its lines
/// of comment, or `""` is the first value of all and `default`'s.
pub(crate) fn crashes(file: &[u8]) -> bool {
    let is_comment = |line: &[u8]| line.trim_ascii_start().starts_with(b"#");
    let is_empty =
        !file.ends_with(b"\n") && !file.is_empty() && file.split(|&byte| byte == b'\n').all(is_comment);
    let has_empty = |found: &Credential| [found.login(), found.password()].contains(&Some(b""));
    // A NUL makes curl take the lines that follow for a part of the comment.
    let may_be_empty = file.contains(&0) && is_comment(file);
    is_empty
        || may_be_empty
        || Netrc::parse(file)
            .entries()
            .next()
            .is_some_and(|entry| entry.host.is_none() && has_empty(&entry.credential))
}

fn request(easy: &mut Easy, host: &str, netrc: &Path) -> Answer {
    let path = CString::new(netrc.as_os_str().as_bytes()).unwrap();
    #[expect(unsafe_code, reason = "the crate curl does not know this option; libcurl copies the string")]
    // SAFETY: the handle is alive, and this option takes a string that ends in NUL.
    let code = unsafe { curl_sys::curl_easy_setopt(easy.raw(), curl_sys::CURLOPT_NETRC_FILE, path.as_ptr()) };
    assert_eq!(code, curl_sys::CURLE_OK);
    easy.url(&format!("http://{host}/")).unwrap();
    let mut sent = Vec::new();
    let mut transfer = easy.transfer();
    transfer
        .write_function(|data| {
            sent.extend_from_slice(data);
            Ok(data.len())
        })
        .unwrap();
    transfer.perform().unwrap();
    drop(transfer);
    answer(&sent)
}

/// What `curl --netrc-file`, whatever its version, sends to each of the hosts, given each of the files.
pub(crate) fn ask_installed<F: AsRef<[u8]>>(hosts: &[&str], files: &[F]) -> Vec<Vec<Answer>> {
    let port = server::start();
    let folder = Folder::of(files);
    let mut config = String::new();
    for path in folder.paths() {
        writeln!(config, "netrc-optional\nnetrc-file = \"{}\"", path.display()).unwrap();
        writeln!(config, "connect-to = \"::127.0.0.1:{port}\"").unwrap();
        writeln!(config, "write-out = \" %{{exitcode}}\\n\"").unwrap();
        for host in hosts {
            writeln!(config, "url = \"http://{host}/\"").unwrap();
        }
        config.push_str("next\n");
    }
    let mut curl = Command::new("curl")
        .args(["--disable", "--silent", "--config", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("curl runs");
    curl.stdin.take().unwrap().write_all(config.trim_end_matches("next\n").as_bytes()).unwrap();
    let output = curl.wait_with_output().unwrap();
    let answers: Vec<Answer> = str::from_utf8(&output.stdout)
        .unwrap()
        .lines()
        .map(|line| match line.rsplit_once(' ') {
            Some((sent, "0")) => answer(sent.as_bytes()),
            Some(("", "26")) => Answer::Refused,
            _ => panic!("curl: {line}"),
        })
        .collect();
    assert_eq!(answers.len(), hosts.len() * files.len());
    answers.chunks(hosts.len()).map(<[Answer]>::to_vec).collect()
}

fn version() -> [u32; 2] {
    let output = Command::new("curl").arg("--version").output().expect("curl runs");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut numbers =
        text.split_whitespace().nth(1).unwrap().split('.').map(|number| number.parse().unwrap());
    [numbers.next().unwrap(), numbers.next().unwrap()]
}

fn answer(sent: &[u8]) -> Answer {
    server::decode(sent).map_or(Answer::Nothing, |sent| Answer::sent(&sent))
}

/// Each file under a name of its own, since libcurl does not read a file twice.
struct Folder {
    folder: TempDir,
    count: usize,
}

impl Folder {
    fn of<F: AsRef<[u8]>>(files: &[F]) -> Self {
        let folder = Folder { folder: tempfile::tempdir().unwrap(), count: files.len() };
        for (path, file) in folder.paths().zip(files) {
            std::fs::write(path, file).unwrap();
        }
        folder
    }

    fn paths(&self) -> impl Iterator<Item = PathBuf> {
        (0..self.count).map(|number| self.folder.path().join(number.to_string()))
    }
}
