//! The language server: what `check` finds, and more, in an editor while a policy is being written.
//!
//! One thread owns the state and speaks with the editor (`server`); another works on copies of texts (`worker`), one job at
//! a time, so that nothing races and what is out of date is dropped. Findings, fixes and facts are those of `crate::lint`,
//! `crate::fix` and `crate::assist`; this module knows the protocol and nothing of policies.

mod action;
mod client;
mod diagnostic;
mod document;
mod ignore;
mod queue;
mod server;
mod show;
mod transport;
mod uri;
mod worker;
mod world;

pub use server::{Ended, ServeError, serve};
pub use transport::stdio;
pub use world::Load;
