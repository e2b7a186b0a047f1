//! `Shell_NotifyIconGetRect`, which Wine 8 has without doing anything: programs that ask where their icon is when it is clicked
//! would never hear of a click.

use std::ffi::c_void;
use std::sync::Once;

use windows::Win32::Foundation::{E_POINTER, RECT, S_OK};
use windows::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows::Win32::System::Memory::{PAGE_EXECUTE_READWRITE, PAGE_PROTECTION_FLAGS, VirtualProtect};
use windows::Win32::UI::WindowsAndMessaging::{GetSystemMetrics, SM_CXSCREEN, SM_CYSCREEN};
use windows_core::{HRESULT, s, w};

/// The width and height of an icon in Wine's task bar.
const SIZE: i32 = 20;

/// Replaces the function, in the program that this library is loaded into, with one that answers.
#[expect(clippy::expect_used, reason = "a stand-in that does not work fails the test")]
pub(crate) fn replace() {
    static DONE: Once = Once::new();
    // SAFETY: the function is longer than the jump. Only a click on the icon runs it, and one in the moment of the copy would
    // crash the program of that test.
    DONE.call_once(|| unsafe {
        // A program without a tray has not loaded it.
        let Ok(module) = GetModuleHandleW(w!("shell32.dll")) else { return };
        let function = GetProcAddress(module, s!("Shell_NotifyIconGetRect")).expect("Wine has the function");
        let target: extern "system" fn(*const c_void, *mut RECT) -> HRESULT = place;
        // mov rax, target; jmp rax
        let mut jump = [0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0];
        jump[2..10].copy_from_slice(&(target as usize).to_le_bytes());
        let code = function as *mut u8;
        let mut before = PAGE_PROTECTION_FLAGS::default();
        VirtualProtect(code.cast(), jump.len(), PAGE_EXECUTE_READWRITE, &raw mut before)
            .expect("a program may change its own code");
        code.copy_from_nonoverlapping(jump.as_ptr(), jump.len());
    });
}

/// The lower right corner of the screen, where the only icon is.
extern "system" fn place(_icon: *const c_void, place: *mut RECT) -> HRESULT {
    if place.is_null() {
        return E_POINTER;
    }
    // SAFETY: the caller's pointer.
    unsafe {
        let (right, bottom) = (GetSystemMetrics(SM_CXSCREEN), GetSystemMetrics(SM_CYSCREEN));
        place.write(RECT { left: right - SIZE, top: bottom - SIZE, right, bottom });
    }
    S_OK
}
