//! `…/connection`: connects a practice with its Bp, and shows the state of the connection.

mod clinicians;
mod connect;
mod status;
mod validation;
mod view;

pub(crate) use self::clinicians::*;
pub(crate) use self::connect::*;
pub(crate) use self::status::*;
pub(crate) use self::validation::*;
pub(crate) use self::view::You;
