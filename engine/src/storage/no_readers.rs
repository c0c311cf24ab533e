//! In a browser the one connection has the file to itself: there are no others that read.

use std::sync::Arc;
use std::time::Duration;

use super::EachRow;
use super::cancel::Cancel;
use crate::api::options::{Location, Options};
use crate::error::Error;
use crate::types::{Params, Rows};

/// Connections to one file, of which there are none.
#[derive(Debug)]
pub(crate) enum Readers {}

impl Readers {
    /// Not called: there are none.
    pub(crate) fn set_timeout(&self, _: Option<Duration>) {
        match *self {}
    }

    /// Nothing.
    pub(crate) fn new(_: &Location, _: &Options) -> Option<Self> {
        None
    }

    /// Not called: there are none.
    pub(crate) fn query(&self, _: &str, _: &Params, _: &Cancel) -> Option<Result<Rows, Error>> {
        match *self {}
    }

    /// Not called: there are none.
    pub(crate) fn query_each(&self, _: &str, _: &Params, _: EachRow<'_>) -> Option<Result<Arc<[String]>, Error>> {
        match *self {}
    }

    /// Not called: there are none.
    pub(crate) fn interrupt(&self) {
        match *self {}
    }
}
