//! Processes and their times.

use windows::Win32::Foundation::{ERROR_INVALID_PARAMETER, FILETIME, HANDLE, WAIT_OBJECT_0};
use windows::Win32::System::SystemInformation::{ComputerNameDnsHostname, GetComputerNameExW};
use windows::Win32::System::Threading::{
    GetProcessTimes, OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE, WaitForSingleObject,
};
use windows::core::{Owned, PWSTR, Result};

/// From 1601, where Windows begins to count, to 1970, in milliseconds.
const FROM_1601_TO_1970: i64 = 11_644_473_600_000;

/// The machine's name, as Node.js has it (`os.hostname()`).
pub(super) fn hostname() -> String {
    let mut name = [0; 256];
    let mut length = 256;
    #[expect(unsafe_code, reason = "the standard library does not tell it")]
    // SAFETY: the length is the buffer's.
    let told = unsafe {
        GetComputerNameExW(ComputerNameDnsHostname, Some(PWSTR(name.as_mut_ptr())), &raw mut length)
    };
    let told = told.ok().and_then(|()| name.get(..length as usize));
    told.map(String::from_utf16_lossy).unwrap_or_default()
}

/// No process has this number. Where it cannot be told, one has: waiting is safe, taking over is not.
pub(super) fn is_gone(pid: u32) -> bool {
    match open(pid) {
        // Somebody may hold on to a process that has ended.
        Ok(process) => has_ended(*process),
        Err(error) => error.code() == ERROR_INVALID_PARAMETER.to_hresult(),
    }
}

/// When a process started, in milliseconds since 1970.
pub(super) fn started_at(pid: u32) -> Option<i64> {
    let process = open(pid).ok()?;
    let mut times = [FILETIME::default(); 4];
    let [start, end, kernel, user] = &mut times;
    #[expect(unsafe_code, reason = "the standard library does not tell it")]
    // SAFETY: the handle is open, and each time has a place.
    unsafe { GetProcessTimes(*process, start, end, kernel, user) }.ok()?;
    let ticks = i64::from(times[0].dwHighDateTime) << 32 | i64::from(times[0].dwLowDateTime);
    Some(ticks / 10_000 - FROM_1601_TO_1970)
}

fn open(pid: u32) -> Result<Owned<HANDLE>> {
    let access = PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE;
    #[expect(unsafe_code, reason = "the standard library opens only children")]
    // SAFETY: the handle is nobody else's.
    unsafe {
        OpenProcess(access, false, pid).map(|handle| Owned::new(handle))
    }
}

fn has_ended(process: HANDLE) -> bool {
    #[expect(unsafe_code, reason = "the standard library waits only for children")]
    // SAFETY: the handle is open.
    unsafe {
        WaitForSingleObject(process, 0) == WAIT_OBJECT_0
    }
}
