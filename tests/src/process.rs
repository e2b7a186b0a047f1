//! The processes of a world: whatever was started in it, directly or not, daemons too.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

/// A process as `/proc` shows it to every program of the same person.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its number.
    pub id: i32,
    /// Its arguments, the program first.
    pub arguments: Vec<String>,
    /// Its environment when it was started, as `NAME=value`.
    pub environment: Vec<String>,
}

impl Process {
    /// Whether it is still at work: one that has ended and only waits for its parent to notice is not.
    pub fn runs(&self) -> bool {
        fs::read_link(format!("/proc/{}/exe", self.id)).is_ok()
    }

    /// Whether it comes to its end within this time: one that was killed may take a moment.
    pub fn ends_within(&self, limit: Duration) -> bool {
        let handle = Pid::from_raw(self.id).map(|id| pidfd_open(id, PidfdFlags::empty()));
        match handle {
            Some(Ok(handle)) => wait_readable(&handle, limit),
            // Gone already.
            Some(Err(Errno::SRCH)) | None => true,
            Some(Err(error)) => panic!("cannot watch {self:?}: {error}"),
        }
    }
}

/// How to tell a world's processes from all others.
#[derive(Debug)]
pub(crate) enum Mark {
    /// They share its network: inode number of the namespace.
    Network(u64),
    /// They have this home in their environment.
    Home(PathBuf),
}

impl Mark {
    /// The mark of the calling thread's own network.
    pub(crate) fn of_this_thread() -> Self {
        let network = fs::metadata("/proc/thread-self/ns/net").expect("this thread has a network namespace");
        Self::Network(network.ino())
    }

    fn is_on(&self, folder: &Path) -> bool {
        match self {
            Self::Network(inode) => {
                fs::metadata(folder.join("ns/net")).is_ok_and(|network| network.ino() == *inode)
            }
            Self::Home(home) => {
                let wanted = format!("HOME={}", home.display());
                strings(&folder.join("environ")).contains(&wanted)
            }
        }
    }
}

/// The processes that carry the mark, without this one.
pub(crate) fn marked(mark: &Mark) -> Vec<Process> {
    let own = rustix::process::getpid();
    let entries = fs::read_dir("/proc").expect("/proc can be read");
    let ids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    ids.filter(|id| Pid::from_raw(*id) != Some(own))
        .map(|id| (id, PathBuf::from(format!("/proc/{id}"))))
        .filter(|(_, folder)| mark.is_on(folder))
        .map(|(id, folder)| Process {
            id,
            arguments: strings(&folder.join("cmdline")),
            environment: strings(&folder.join("environ")),
        })
        .collect()
}

/// Kills every process that carries the mark, and those they start meanwhile.
pub(crate) fn kill_marked(mark: &Mark) {
    // A process may have forked between the look and the kill: look again until nothing is left.
    for _ in 0..20 {
        let left = marked(mark);
        if left.is_empty() {
            return;
        }
        for process in left {
            let Some(id) = Pid::from_raw(process.id) else { continue };
            let Ok(handle) = pidfd_open(id, PidfdFlags::empty()) else { continue };
            match kill_process(id, Signal::KILL) {
                Ok(()) => drop(wait_readable(&handle, Duration::from_secs(2))),
                // Gone already.
                Err(Errno::SRCH) => {}
                Err(error) => panic!("cannot kill {process:?}: {error}"),
            }
        }
    }
    // A second panic would end all the tests.
    assert!(std::thread::panicking(), "these cannot be killed: {:?}", marked(mark));
}

/// Waits until a file descriptor can be read; false where it cannot after `limit`.
pub(crate) fn wait_readable(descriptor: &impl std::os::fd::AsFd, limit: Duration) -> bool {
    let limit = Timespec::try_from(limit).expect("a limit that fits the system's time");
    let mut set = [PollFd::new(descriptor, PollFlags::IN)];
    rustix::io::retry_on_intr(|| poll(&mut set, Some(&limit))).expect("poll works") > 0
}

fn strings(file: &Path) -> Vec<String> {
    // A process that has ended meanwhile has none.
    let bytes = fs::read(file).unwrap_or_default();
    let parts = bytes.split(|byte| *byte == 0).filter(|part| !part.is_empty());
    parts.map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}
