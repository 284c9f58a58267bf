//! The build script of functions in which a panic ends only one message's work: how the deployed program is linked.

#[path = "fixed_address.rs"]
mod fixed_address;

fn main() {
    fixed_address::link();
}
