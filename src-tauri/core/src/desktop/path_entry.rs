//! Herokey's entry in the user's PATH on Windows, which the installer adds and the uninstaller removes. The installer
//! itself cannot: it cuts texts at 1024 characters, and a PATH may have 32767.

#[cfg(windows)]
pub use system::{add, remove};

/// PATH with an entry at its end; `None` if it has one for that folder already. `None` for a PATH stands for a missing value.
///
/// PATH keeps the `;` that it may end with, so [`without`] restores it exactly.
fn with(path: Option<&str>, folder: &str) -> Option<String> {
    let Some(path) = path else { return Some(folder.to_owned()) };
    if find(path, folder).is_some() {
        return None;
    }
    Some(if path.is_empty() || path.ends_with(';') {
        format!("{path}{folder};")
    } else {
        format!("{path};{folder}")
    })
}

/// What is left of PATH without the entry.
#[derive(Debug, PartialEq)]
enum Left {
    /// PATH has no such entry.
    All,
    /// The other entries.
    Path(String),
    /// PATH was nothing else, so the value was missing before.
    Nothing,
}

fn without(path: &str, folder: &str) -> Left {
    let Some((start, end)) = find(path, folder) else { return Left::All };
    let (before, after) = (&path[..start], &path[end..]);
    match (after.strip_prefix(';'), before.strip_suffix(';')) {
        (Some(after), _) => Left::Path(format!("{before}{after}")),
        (None, Some(before)) => Left::Path(before.to_owned()),
        (None, None) => Left::Nothing,
    }
}

/// Where the entry begins and ends. Windows ignores case, quotation marks and a backslash at the end.
fn find(path: &str, folder: &str) -> Option<(usize, usize)> {
    let plain = |entry: &str| entry.trim_matches('"').trim_end_matches('\\').to_lowercase();
    let mut start = 0;
    path.split(';').find_map(|entry| {
        let found = (start, start + entry.len());
        start += entry.len() + 1;
        (plain(entry) == plain(folder)).then_some(found)
    })
}

#[cfg(windows)]
mod system {
    use windows_registry::{CURRENT_USER, Key, Type};

    use super::Left;
    use crate::base::env::Env;
    use crate::base::error::{Code, Error, Result};

    const KEY: &str = "Environment";
    const NAME: &str = "Path";
    /// The most characters of a variable. Windows drops a longer one.
    const MAX: usize = 32_767;

    /// Adds the folder of Herokey's programs to the user's PATH, unless it is there.
    pub fn add(env: &Env) -> Result<()> {
        change(env, |key, path, folder| match super::with(path, folder) {
            Some(path) if path.encode_utf16().count() >= MAX => Err(failed("PATH is too long")),
            Some(path) => write(key, &path).map_err(failed),
            None => Ok(()),
        })
    }

    /// Removes it. A PATH that only Herokey's installer made is removed as a whole.
    pub fn remove(env: &Env) -> Result<()> {
        change(env, |key, path, folder| match path.map_or(Left::All, |path| super::without(path, folder)) {
            Left::Path(path) => write(key, &path).map_err(failed),
            Left::Nothing => key.remove_value(NAME).map_err(failed),
            Left::All => Ok(()),
        })
    }

    fn change(env: &Env, change: impl FnOnce(&Key, Option<&str>, &str) -> Result<()>) -> Result<()> {
        let folder = env.programs.to_str().ok_or_else(|| failed("the folder's name is not Unicode"))?;
        let key = CURRENT_USER.create(KEY).map_err(failed)?;
        // Only a missing value has no type. One that cannot be read as text is left alone.
        let path = match key.get_type(NAME) {
            Ok(_) => Some(key.get_string(NAME).map_err(failed)?),
            Err(_) => None,
        };
        change(&key, path.as_deref(), folder)
    }

    /// Keeps the value's type: a PATH of type `REG_EXPAND_SZ` may name other variables.
    fn write(key: &Key, path: &str) -> windows_registry::Result<()> {
        match key.get_type(NAME) {
            Ok(Type::String) => key.set_string(NAME, path),
            _ => key.set_expand_string(NAME, path),
        }
    }

    fn failed(detail: impl std::fmt::Display) -> Error {
        Error::new(Code::Unsupported, "Could not change the user's PATH.")
            .means("PATH is as it was. Your token is not affected.")
            .next_step("Change it in Windows' settings, under \"Environment variables\".")
            .detail(detail)
    }
}

#[cfg(test)]
mod tests {
    use super::{Left, with, without};

    const FOLDER: &str = r"C:\Users\me\AppData\Local\Programs\Herokey\bin";

    #[test]
    fn removing_the_entry_restores_every_path_exactly() {
        let long = r"C:\some folder;%USERPROFILE%\bin;".repeat(900);
        for path in
            [None, Some(""), Some(";"), Some(r"C:\a"), Some(r"C:\a;"), Some(r"C:\a;;%B%\c"), Some(&long)]
        {
            let added = with(path, FOLDER).unwrap();
            assert!(added.split(';').any(|entry| entry == FOLDER), "{added}");
            let before = path.map_or(Left::Nothing, |path| Left::Path(path.to_owned()));
            assert_eq!(without(&added, FOLDER), before, "{added}");
        }
    }

    #[test]
    fn an_entry_that_is_there_is_not_added_again() {
        for entry in [FOLDER, &FOLDER.to_uppercase(), &format!("{FOLDER}\\"), &format!("\"{FOLDER}\"")] {
            assert_eq!(with(Some(&format!(r"C:\a;{entry};C:\b")), FOLDER), None, "{entry}");
        }
        assert!(with(Some(&format!("{FOLDER}2;C:\\x{FOLDER}")), FOLDER).is_some(), "other folders");
    }

    #[test]
    fn what_was_added_later_stays() {
        let left = |path: &str| Left::Path(path.to_owned());
        assert_eq!(without(&format!(r"C:\a;{FOLDER};C:\b"), FOLDER), left(r"C:\a;C:\b"));
        assert_eq!(without(&format!(r"{FOLDER};C:\b"), FOLDER), left(r"C:\b"));
        assert_eq!(without(r"C:\a;C:\b", FOLDER), Left::All);
    }
}
