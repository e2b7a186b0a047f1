//! The processes of a world: everything that was started in it, directly or indirectly, including daemons.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

/// A process as `/proc` shows it to every program of the same user.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its process id.
    pub id: i32,
    /// Its arguments, the program first.
    pub arguments: Vec<String>,
    /// Its environment when it was started, as `NAME=value`.
    pub environment: Vec<String>,
}

impl Process {
    /// Whether it is still running; a zombie is not.
    pub fn is_running(&self) -> bool {
        // Also readable for a process whose memory is protected, unlike the link `exe`.
        !strings(&PathBuf::from(format!("/proc/{}/cmdline", self.id))).is_empty()
    }

    /// Whether it ends within `timeout`. A process that was killed may take a moment.
    pub fn ends_within(&self, timeout: Duration) -> bool {
        let handle = Pid::from_raw(self.id).map(|id| pidfd_open(id, PidfdFlags::empty()));
        match handle {
            Some(Ok(handle)) => wait_readable(&handle, timeout),
            // It has already ended.
            Some(Err(Errno::SRCH)) | None => true,
            Some(Err(error)) => panic!("cannot watch {self:?}: {error}"),
        }
    }
}

/// How to recognize a world's processes.
#[derive(Debug)]
pub(crate) enum Mark {
    /// They are in the network namespace with this inode number.
    Network(u64),
    /// Their environment has this home folder.
    Home(PathBuf),
}

impl Mark {
    /// The network namespace of the calling thread.
    pub(crate) fn of_this_threads_network() -> Self {
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

/// The processes with this mark, except the current one.
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

/// Kills every process with this mark, and those that they start in the meantime.
pub(crate) fn kill_marked(mark: &Mark) {
    // A process may fork between being listed and being killed, so repeat until none is left.
    for _ in 0..20 {
        let remaining = marked(mark);
        if remaining.is_empty() {
            return;
        }
        for process in remaining {
            let Some(id) = Pid::from_raw(process.id) else { continue };
            let Ok(handle) = pidfd_open(id, PidfdFlags::empty()) else { continue };
            match kill_process(id, Signal::KILL) {
                Ok(()) => drop(wait_readable(&handle, Duration::from_secs(2))),
                // It has already ended.
                Err(Errno::SRCH) => {}
                Err(error) => panic!("cannot kill {process:?}: {error}"),
            }
        }
    }
    // A panic during a panic would abort the whole test run.
    assert!(std::thread::panicking(), "these processes do not end: {:?}", marked(mark));
}

/// Waits until a file descriptor becomes readable; returns false if that takes longer than `timeout`.
pub(crate) fn wait_readable(descriptor: &impl std::os::fd::AsFd, timeout: Duration) -> bool {
    let timeout = Timespec::try_from(timeout).expect("a timeout that fits a timespec");
    let mut set = [PollFd::new(descriptor, PollFlags::IN)];
    rustix::io::retry_on_intr(|| poll(&mut set, Some(&timeout))).expect("poll works") > 0
}

fn strings(file: &Path) -> Vec<String> {
    // The process may have ended in the meantime.
    let bytes = fs::read(file).unwrap_or_default();
    let parts = bytes.split(|byte| *byte == 0).filter(|part| !part.is_empty());
    parts.map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}
