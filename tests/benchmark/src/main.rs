//! Start-up time, memory and package size of every function.

fn main() {}
