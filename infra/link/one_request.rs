//! The build script of functions that serve one request at a time: how the deployed program is linked.

use std::path::Path;

#[path = "fixed_address.rs"]
mod fixed_address;

/// A panic ends the process, so nothing reads the tables for unwinding.
const NO_UNWINDING: &str = "infra/link/no_unwinding.ld";

#[expect(clippy::print_stdout, reason = "cargo reads what a build script prints")]
fn main() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = package.ancestors().map(|folder| folder.join(NO_UNWINDING)).find(|it| it.exists());
    if let Some(script) = script.filter(|_| fixed_address::link()) {
        println!("cargo::rerun-if-changed={}", script.display());
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", script.display());
    }
}
