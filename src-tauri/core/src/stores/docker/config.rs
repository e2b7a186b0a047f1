//! Docker's `config.json`, read as Docker reads it: with Go's `encoding/json` (INTEROP.md, "Accounts files").

use std::collections::BTreeMap;
use std::fmt;

use secrecy::SecretString;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;

use super::is_registry;

/// The parts that matter here (docker-login(1), "Credential stores").
#[derive(Default)]
pub(super) struct Config {
    auths: BTreeMap<String, Login>,
    pub(super) cred_helpers: BTreeMap<String, String>,
    pub(super) creds_store: Option<String>,
}

/// A login to one registry.
#[derive(Default)]
pub(super) struct Login {
    /// Base64 of `USER:TOKEN`.
    pub(super) auth: Option<SecretString>,
}

/// Why Docker cannot read a configuration. It repeats nothing of the content, which may be a secret.
pub(super) struct Malformed {
    /// The line, from 1.
    pub(super) line: usize,
    column: usize,
    what: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at line {}, column {}", self.what, self.line, self.column)
    }
}

impl Config {
    /// Reads a configuration. Like Docker, accepts an empty file, and anything after the first JSON value.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let config = Option::deserialize(&mut serde_json::Deserializer::from_slice(bytes));
        config.map(Option::unwrap_or_default).map_err(|error| Malformed {
            line: error.line(),
            column: error.column(),
            what: match error.classify() {
                Category::Eof => "it ends too early,",
                Category::Data => "it is not of the kind that Docker expects",
                Category::Syntax | Category::Io => "it is not JSON",
            },
        })
    }

    /// The logins to Heroku's registry, which may be there under several names.
    pub(super) fn logins(&self) -> impl Iterator<Item = &Login> {
        self.auths.iter().filter(|(name, _)| is_registry(name)).map(|(_, login)| login)
    }
}

/// Implements `Deserialize` for the named members of an object. As in Go, names are compared without upper and lower case,
/// `null` changes nothing, the last of several values counts, and several objects add up.
macro_rules! deserialize_object {
    ($object:ident { $($name:literal => |$into:ident, $value:ident: $kind:ty| $set:expr),* $(,)? }) => {
        impl<'de> Deserialize<'de> for $object {
            fn deserialize<D: Deserializer<'de>>(object: D) -> Result<Self, D::Error> {
                struct Members;

                impl<'de> Visitor<'de> for Members {
                    type Value = $object;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<$object, A::Error> {
                        let mut object = $object::default();
                        while let Some(name) = members.next_key::<String>()? {
                            match name {
                                $(name if name.eq_ignore_ascii_case($name) => {
                                    let $into = &mut object;
                                    if let Some($value) = members.next_value::<Option<$kind>>()? {
                                        $set;
                                    }
                                })*
                                _ => drop(members.next_value::<IgnoredAny>()?),
                            }
                        }
                        Ok(object)
                    }
                }

                object.deserialize_map(Members)
            }
        }
    };
}

deserialize_object!(Config {
    "auths" => |config, logins: BTreeMap<String, Option<Login>>| {
        config.auths.extend(logins.into_iter().map(|(name, login)| (name, login.unwrap_or_default())));
    },
    "credHelpers" => |config, helpers: BTreeMap<String, String>| config.cred_helpers.extend(helpers),
    "credsStore" => |config, helper: String| config.creds_store = Some(helper).filter(|name| !name.is_empty()),
});

deserialize_object!(Login {
    "auth" => |login, auth: SecretString| login.auth = Some(auth),
});
