//! A stand-in for `powershell.exe`, which Wine lacks. It understands the scripts of the Heroku CLI that use the vault
//! (`credential-handlers/windows-handler.js`), and calls the same interface as they do.

#[cfg(windows)]
mod script {
    use windows::Security::Credentials::{PasswordCredential, PasswordVault};
    use windows_core::{Error, HSTRING, Result};

    /// What a script writes to standard output.
    pub(crate) fn run(script: &str) -> Result<String> {
        let vault = PasswordVault::new()?;
        let credential = || {
            let [service, account] = arguments(script, "$vault.Retrieve(")?;
            vault.Retrieve(&service, &account)
        };
        if script.contains("$vault.Add($credential)") {
            let [service, account, token] =
                arguments(script, "Windows.Security.Credentials.PasswordCredential(")?;
            vault.Add(&PasswordCredential::CreatePasswordCredential(&service, &account, &token)?)?;
        } else if script.contains("$vault.Remove($credential)") {
            vault.Remove(&credential()?)?;
        } else if script.contains("$credential.Password") {
            return Ok(format!("{}\r\n", credential()?.Password()?));
        } else if script.contains("$creds | ForEach-Object { $_.UserName }") {
            let [service] = arguments(script, "$vault.FindAllByResource(")?;
            let mut names = String::new();
            // The script catches the error of an empty vault.
            for credential in vault.FindAllByResource(&service).into_iter().flatten() {
                names += &credential.UserName()?.to_string_lossy();
                names += "\r\n";
            }
            return Ok(names);
        } else {
            return Err(unknown());
        }
        Ok(String::new())
    }

    /// The strings between `call` and the next `)`. PowerShell would expand a `$` or a backtick in them.
    fn arguments<const N: usize>(script: &str, call: &str) -> Result<[HSTRING; N]> {
        let (_, rest) = script.split_once(call).ok_or_else(unknown)?;
        let (list, _) = rest.split_once("\")").ok_or_else(unknown)?;
        let strings: Vec<HSTRING> = list.trim_start_matches('"').split("\", \"").map(HSTRING::from).collect();
        if list.contains(['$', '`']) {
            return Err(unknown());
        }
        strings.try_into().map_err(|_| unknown())
    }

    fn unknown() -> Error {
        Error::new(
            windows::Win32::Foundation::E_NOTIMPL,
            "this stand-in for PowerShell does not know the script",
        )
    }
}

#[cfg(windows)]
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a program of the terminal")]
fn main() -> std::process::ExitCode {
    let Some(script) = std::env::args().skip_while(|argument| argument != "-c").nth(1) else {
        eprintln!("usage: powershell -c SCRIPT");
        return std::process::ExitCode::from(2);
    };
    match script::run(&script) {
        Ok(written) => {
            print!("{written}");
            std::process::ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(windows))]
fn main() {}
