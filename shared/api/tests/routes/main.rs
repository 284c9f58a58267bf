//! The routes against doubles of AWS and Halo.

mod chosen;
mod limits;
mod order;
mod parts;
