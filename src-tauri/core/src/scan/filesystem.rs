//! Tells file systems that keep files from those that only look like files.

use std::path::Path;

/// True for a folder whose files are made by the kernel when somebody reads them, such as `/proc`. Some never end.
#[cfg(target_os = "linux")]
pub(super) fn is_made_by_the_kernel(folder: &Path) -> bool {
    /// `linux/magic.h`: proc, sysfs, debugfs, tracefs, securityfs, configfs, cgroup, cgroup2, bpf, pstore, selinuxfs,
    /// efivarfs, mqueue, devpts, binfmt.
    const MAGIC: [u64; 15] = [
        0x9fa0,
        0x6265_6572,
        0x6462_6720,
        0x7472_6163,
        0x7363_6673,
        0x6265_6570,
        0x0027_e0eb,
        0x6367_7270,
        0xcafe_4a11,
        0x6165_676c,
        0xf97c_ff8c,
        0xde5e_81e4,
        0x1980_0202,
        0x1cd1,
        0x4249_4e4d,
    ];
    // The type of the field depends on the processor.
    #[allow(clippy::cast_sign_loss, clippy::unnecessary_cast, reason = "it has 32 bits, signed or not")]
    let magic = rustix::fs::statfs(folder).map(|found| found.f_type as u64 & 0xffff_ffff);
    magic.is_ok_and(|magic| MAGIC.contains(&magic))
}

/// Other systems have such files only as devices.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_made_by_the_kernel(_: &Path) -> bool {
    false
}
