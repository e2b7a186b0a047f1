//! Processes on Windows.

use windows::Win32::Foundation::{ERROR_INVALID_PARAMETER, FILETIME, HANDLE, WAIT_OBJECT_0};
use windows::Win32::System::SystemInformation::{ComputerNameDnsHostname, GetComputerNameExW};
use windows::Win32::System::Threading::{
    GetProcessTimes, OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE, WaitForSingleObject,
};
use windows::core::{Owned, PWSTR, Result};

/// The milliseconds from 1601, where Windows starts to count, to 1970.
const FROM_1601_TO_1970: i64 = 11_644_473_600_000;

/// The machine's name, as Node.js reports it (`os.hostname()`).
pub(super) fn hostname() -> String {
    let mut buffer = [0; 256];
    let mut length = 256;
    #[expect(unsafe_code, reason = "the standard library has no such call")]
    // SAFETY: the length is that of the buffer.
    let written = unsafe {
        GetComputerNameExW(ComputerNameDnsHostname, Some(PWSTR(buffer.as_mut_ptr())), &raw mut length)
    };
    let name = written.ok().and_then(|()| buffer.get(..length as usize));
    name.map(String::from_utf16_lossy).unwrap_or_default()
}

/// True if no process has this pid. False if that is unknown, because waiting is safe and removing the lock is not.
pub(super) fn is_gone(pid: u32) -> bool {
    match open(pid) {
        // A process that has ended still exists while another program has a handle to it.
        Ok(process) => has_ended(*process),
        Err(error) => error.code() == ERROR_INVALID_PARAMETER.to_hresult(),
    }
}

/// When a process started, in milliseconds since 1970.
pub(super) fn started_at(pid: u32) -> Option<i64> {
    let process = open(pid).ok()?;
    let mut times = [FILETIME::default(); 4];
    let [start, end, kernel, user] = &mut times;
    #[expect(unsafe_code, reason = "the standard library has no such call")]
    // SAFETY: the handle is open, and there is a buffer for each time.
    unsafe { GetProcessTimes(*process, start, end, kernel, user) }.ok()?;
    let ticks = i64::from(times[0].dwHighDateTime) << 32 | i64::from(times[0].dwLowDateTime);
    Some(ticks / 10_000 - FROM_1601_TO_1970)
}

fn open(pid: u32) -> Result<Owned<HANDLE>> {
    let access = PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE;
    #[expect(unsafe_code, reason = "the standard library opens only child processes")]
    // SAFETY: nothing else uses the handle.
    unsafe {
        OpenProcess(access, false, pid).map(|handle| Owned::new(handle))
    }
}

fn has_ended(process: HANDLE) -> bool {
    #[expect(unsafe_code, reason = "the standard library waits only for child processes")]
    // SAFETY: the handle is open.
    unsafe {
        WaitForSingleObject(process, 0) == WAIT_OBJECT_0
    }
}
