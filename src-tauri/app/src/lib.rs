//! What programs with a face share: a [`controller`] that takes requests and keeps the state, and the [`view`] and the
//! [`menu`] that draw it as data.

pub mod controller;
pub mod menu;
pub mod missed;
pub mod request;
pub mod text;
pub mod view;
