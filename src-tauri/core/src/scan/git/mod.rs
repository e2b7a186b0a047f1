//! Reads the objects of git repositories, plainly: git itself does not run, so neither hooks nor filters nor settings of a
//! repository have any effect.
//!
//! This reads packs itself, since `gix-pack` maps them into memory: a pack that another program shortens would end Herokey
//! with a bus error, and an object of any size would be in memory as a whole.

mod bases;
mod delta;
mod entry;
mod index;
pub(super) mod loose;
pub(super) mod pack;
pub(super) mod repository;
mod zlib;

pub use self::entry::Kind as ObjectKind;
