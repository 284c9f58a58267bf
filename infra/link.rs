//! The build script of every function: how the deployed program is linked.

fn main() {
    println!("cargo::rerun-if-changed=../../infra/link.rs");
    let optimised = std::env::var("OPT_LEVEL").is_ok_and(|level| level == "z");
    let linux = std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux");
    if optimised && linux {
        // At a fixed address, nothing has to be relocated at each start.
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
