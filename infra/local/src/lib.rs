//! The whole deployment on one machine, without an AWS account, Docker or Halo.
//!
//! MiniStack serves the AWS APIs and runs the functions. The Halo simulator plays Halo Cloud and the
//! practices. The real `sam deploy` deploys the same `template.yaml` as in production. The binary
//! `local` (`cargo local`) and the end-to-end tests both use [`Stack`]. Several stacks can run at the
//! same time, each in its own folder and on its own ports. Read `stack.rs` next: it starts everything.

mod aws;
mod console;
mod control;
pub mod demo;
mod deploy;
mod environments;
mod error;
mod folders;
mod http;
mod jobs;
mod log;
mod ministack;
mod packages;
mod peers;
mod people;
mod port;
mod process;
mod program;
mod progress;
mod simulator;
mod stack;
mod stack_file;
mod tools;
mod typescript;
mod workers;
mod workspace;

pub use aws::{Aws, LogEvent, Outputs};
pub use console::{Console, ServedConsole};
pub use control::{Status, fresh_tokens, launch, status, stop_running};
pub use environments::Node;
pub use error::Error;
pub use http::loopback_client;
pub use peers::{Language, Peers};
pub use people::{LocalPlatform, People, Person, Role};
pub use progress::Progress;
pub use stack::{Stack, StackOptions};
pub use stack_file::{AwsAccess, Practice, SimulatorAccess, StackFile, Tokens};
pub use tools::Tools;
pub use typescript::TypeScriptClient;
pub use workers::Worker;
pub use workspace::checkout;
