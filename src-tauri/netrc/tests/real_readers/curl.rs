//! The real curl: the installed one, and one of 2026.

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

/// The first version of curl whose grammar this crate models.
const MIN_VERSION: [u32; 2] = [8, 21];

/// What a curl of 2026 sends to each host, for each file.
///
/// Runs the installed `curl --netrc-file` if it is new enough, otherwise the libcurl that the crate curl-sys bundles.
pub(crate) fn answers<F: AsRef<[u8]>>(hosts: &[&str], files: &[F]) -> Vec<Vec<Answer>> {
    if installed_version() >= MIN_VERSION {
        return installed_answers(hosts, files);
    }
    assert!(curl::Version::get().version_num() >= MIN_VERSION[0] << 16 | MIN_VERSION[1] << 8);
    let port = server::start();
    let folder = NetrcFolder::new(files);
    let mut easy = Easy::new();
    easy.netrc(NetRc::Optional).unwrap();
    let mut connect_to = List::new();
    connect_to.append(&format!("::127.0.0.1:{port}")).unwrap();
    easy.connect_to(connect_to).unwrap();
    folder.paths().map(|path| hosts.iter().map(|host| request(&mut easy, host, &path)).collect()).collect()
}

/// Whether curl 8.22 would crash on this file, so that no test may run it: the file consists of comments without a
/// final newline, or its first value is `""` and belongs to `default`.
pub(crate) fn crashes(file: &[u8]) -> bool {
    let is_comment = |line: &[u8]| line.trim_ascii_start().starts_with(b"#");
    let has_only_comments =
        !file.ends_with(b"\n") && !file.is_empty() && file.split(|&byte| byte == b'\n').all(is_comment);
    let has_empty_value = |found: &Credential| [found.login(), found.password()].contains(&Some(b""));
    // A NUL makes curl read the lines after it as part of the comment.
    let may_have_only_comments = file.contains(&0) && is_comment(file);
    has_only_comments
        || may_have_only_comments
        || Netrc::parse(file)
            .records()
            .next()
            .is_some_and(|record| record.host.is_none() && has_empty_value(&record.credential))
}

/// libcurl reads the variable itself, so git does too. Run again in a process that has it.
#[test]
fn libcurl_reads_the_file_that_the_variable_names() {
    const CHILD: &str = "NETRC_EDIT_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let port = server::start();
        let mut easy = Easy::new();
        easy.netrc(NetRc::Optional).unwrap();
        let mut connect_to = List::new();
        connect_to.append(&format!("::127.0.0.1:{port}")).unwrap();
        easy.connect_to(connect_to).unwrap();
        assert_eq!(send(&mut easy, "a.example"), Answer::new("named", "y"));
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let named = home.path().join("named");
    std::fs::write(home.path().join(".netrc"), "machine a.example login home password x\n").unwrap();
    std::fs::write(&named, "machine a.example login named password y\n").unwrap();
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "curl::libcurl_reads_the_file_that_the_variable_names"]);
    let ended = again.env(CHILD, "1").env("HOME", home.path()).env("NETRC", &named).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
}

fn request(easy: &mut Easy, host: &str, netrc: &Path) -> Answer {
    let path = CString::new(netrc.as_os_str().as_bytes()).unwrap();
    #[expect(unsafe_code, reason = "the crate curl has no method for this option")]
    // SAFETY: the handle is valid, and libcurl copies the NUL-terminated string.
    let code = unsafe { curl_sys::curl_easy_setopt(easy.raw(), curl_sys::CURLOPT_NETRC_FILE, path.as_ptr()) };
    assert_eq!(code, curl_sys::CURLE_OK);
    send(easy, host)
}

fn send(easy: &mut Easy, host: &str) -> Answer {
    easy.url(&format!("http://{host}/")).unwrap();
    let mut body = Vec::new();
    let mut transfer = easy.transfer();
    transfer
        .write_function(|data| {
            body.extend_from_slice(data);
            Ok(data.len())
        })
        .unwrap();
    transfer.perform().unwrap();
    drop(transfer);
    answer(&body)
}

/// What the installed `curl --netrc-file` sends to each host, for each file, whatever its version.
pub(crate) fn installed_answers<F: AsRef<[u8]>>(hosts: &[&str], files: &[F]) -> Vec<Vec<Answer>> {
    let port = server::start();
    let folder = NetrcFolder::new(files);
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
        .expect("cannot run curl");
    curl.stdin.take().unwrap().write_all(config.trim_end_matches("next\n").as_bytes()).unwrap();
    let output = curl.wait_with_output().unwrap();
    let answers: Vec<Answer> = str::from_utf8(&output.stdout)
        .unwrap()
        .lines()
        .map(|line| match line.rsplit_once(' ') {
            Some((body, "0")) => answer(body.as_bytes()),
            Some(("", "26")) => Answer::Refused,
            _ => panic!("curl: {line}"),
        })
        .collect();
    assert_eq!(answers.len(), hosts.len() * files.len());
    answers.chunks(hosts.len()).map(<[Answer]>::to_vec).collect()
}

fn installed_version() -> [u32; 2] {
    let output = Command::new("curl").arg("--version").output().expect("cannot run curl");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut numbers =
        text.split_whitespace().nth(1).unwrap().split('.').map(|number| number.parse().unwrap());
    [numbers.next().unwrap(), numbers.next().unwrap()]
}

fn answer(body: &[u8]) -> Answer {
    server::decode(body).map_or(Answer::Nothing, |credentials| Answer::from_basic_auth(&credentials))
}

/// A folder with each file under its own name, because libcurl does not read the same path twice.
struct NetrcFolder {
    folder: TempDir,
    count: usize,
}

impl NetrcFolder {
    fn new<F: AsRef<[u8]>>(files: &[F]) -> Self {
        let folder = NetrcFolder { folder: tempfile::tempdir().unwrap(), count: files.len() };
        for (path, file) in folder.paths().zip(files) {
            std::fs::write(path, file).unwrap();
        }
        folder
    }

    fn paths(&self) -> impl Iterator<Item = PathBuf> {
        (0..self.count).map(|number| self.folder.path().join(number.to_string()))
    }
}
