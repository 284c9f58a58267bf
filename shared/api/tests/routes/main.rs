//! The routes against doubles of AWS and Halo.

mod chosen;
mod order;
mod parts;
