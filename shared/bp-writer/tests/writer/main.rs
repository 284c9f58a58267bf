//! The writer against doubles of AWS, and through Halo against the simulator.

mod booking_kind;
mod calls;
mod deliveries_through_halo;
mod once;
mod through_halo;
