//! What all deployed programs have in common.

/// Links the program at a fixed address: then nothing has to be relocated at each start. Does nothing and says
/// `false` if this is no deployed build.
#[expect(clippy::print_stdout, reason = "cargo reads what a build script prints")]
pub(crate) fn link() -> bool {
    let optimised = std::env::var("OPT_LEVEL").is_ok_and(|level| level == "z");
    let linux = std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux");
    let deployed = optimised && linux;
    if deployed {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
    deployed
}
