//! Pairing, the links of clinicians, and what answers imply for a connection.

mod linking;
mod pairing;
mod standing;
